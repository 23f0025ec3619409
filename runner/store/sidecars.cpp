#include "runner/store/sidecars.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/engine/caption.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>

namespace darkroom::store {

namespace {

constexpr std::uint64_t sidecar_bytes_max = 8u << 20; // a larger file is none

/// Returns "a/b" for "a/b.png".
std::string without_extension(std::string const& file) { return file.substr(0, file.rfind('.')); }

/// Returns the text of a caption's file; "" for none.
std::string caption_file(jobs::Captions kind, engine::CaptionPrompts const& prompts) {
    auto text = engine::caption_of(kind, prompts);
    return text.empty() ? text : text + '\n';
}

Sidecar caption_sidecar(LineColumns const& line, std::string const& stem, jobs::Captions kind) {
    engine::CaptionPrompts const prompts{line.text(Column::prompt), line.text(Column::root_prompt)};
    Sidecar out;
    out.file = stem + ".txt";
    out.text = caption_file(kind, prompts);
    for (auto const other : {jobs::Captions::text, jobs::Captions::prompt})
        out.earlier.push_back(caption_file(other, prompts));
    out.earlier.push_back(prompts.prompt + '\n'); // that of version 0.1
    return out;
}

/// Returns true for the text of a file that a run has written. A crash of the machine may have left
/// it empty.
bool is_ours(Sidecar const& sidecar, std::string const& text) {
    if (text.empty()) return true;
    if (!sidecar.line_of.empty()) {
        auto const line = std::string_view(text).substr(0, text.find('\n'));
        return key_of_line(line) == sidecar.line_of;
    }
    auto const& earlier = sidecar.earlier;
    return std::find(earlier.begin(), earlier.end(), text) != earlier.end();
}

Result<> write_soon(RunFolder const& folder, std::string const& part, Sidecar const& sidecar) {
    TRY_ASSIGN(auto file, File::own(part, O_WRONLY | O_CREAT | O_TRUNC));
    TRY(file.write(sidecar.text));
    auto const [way, name] = split_path(sidecar.file);
    TRY_ASSIGN(auto const top, Directory::open(folder.path()));
    TRY_ASSIGN(auto const directory, top.below(way, Directory::Missing::is_error));
    return directory.take_over(part, name);
}

} // namespace

std::string Sidecars::name() const {
    std::string name;
    switch (captions) {
    case jobs::Captions::none: break;
    case jobs::Captions::text: name = "text"; break;
    case jobs::Captions::prompt: name = "prompt"; break;
    }
    return lines ? name + "+json" : name;
}

std::vector<Sidecar> sidecars_of(LineColumns const& line, Sidecars const& wanted) {
    std::vector<Sidecar> files;
    if (line.is_null(Column::file)) return files;
    auto const stem = without_extension(line.text(Column::file));
    if (wanted.captions != jobs::Captions::none && line.at(Column::kind) != "\"text\"") {
        auto file = caption_sidecar(line, stem, wanted.captions);
        if (!file.text.empty()) files.push_back(std::move(file));
    }
    if (wanted.lines)
        files.push_back({stem + ".json", line.line() + '\n', {}, line.text(Column::key)});
    return files;
}

bool is_written_sidecar(std::string const& directory, Sidecar const& sidecar) {
    if (!stays_below(sidecar.file)) return false;
    if (own_file_below(directory, sidecar.file, O_RDONLY).has_error()) return false;
    auto const text = read_file(directory + "/" + sidecar.file, sidecar_bytes_max);
    return text.has_value() && !text->empty() && is_ours(sidecar, *text);
}

Result<SidecarOutcome> write_sidecar(RunFolder const& folder, Sidecar const& sidecar,
                                     std::string const& part, Durable durable) {
    if (!stays_below(sidecar.file)) return SidecarOutcome::not_ours;
    auto const path = folder.path() + "/" + sidecar.file;
    if (exists(path)) {
        TRY_ASSIGN(auto const file, own_file_below(folder.path(), sidecar.file, O_RDONLY));
        auto const text = read_file(path, sidecar_bytes_max);
        if (text.has_value() && *text == sidecar.text) return SidecarOutcome::is_there;
        if (text.has_error() || !is_ours(sidecar, *text)) return SidecarOutcome::not_ours;
    }
    if (durable == Durable::at_once)
        TRY(write_atomically({part, folder.path(), sidecar.file}, sidecar.text));
    else
        TRY(write_soon(folder, part, sidecar));
    return SidecarOutcome::is_there;
}

Result<std::uint64_t> write_all_sidecars(RunFolder const& folder, std::uint64_t bytes,
                                         Sidecars const& wanted, std::atomic<bool> const& stop) {
    TRY_ASSIGN(auto const manifest, File::own(folder.manifest(), O_RDONLY));
    std::uint64_t not_ours = 0;
    Result<> failure;
    LineReader lines([&](std::string_view text) {
        auto const line = LineColumns::split(text);
        if (!line || failure.has_error() || stop) return;
        // A picture that is lost gets its files again when it is loaded again.
        if (!exists(folder.path() + "/" + line->text(Column::file))) return;
        for (auto const& sidecar : sidecars_of(*line, wanted)) {
            auto const written = write_sidecar(
                folder, sidecar, folder.parts() + "/darkroom.sidecar-later", Durable::later);
            if (written.has_error())
                failure = written.error();
            else if (*written == SidecarOutcome::not_ours)
                ++not_ours;
        }
    });
    TRY(manifest.read(bytes, [&lines](std::string_view piece) { return lines(piece); }));
    TRY(failure);
    TRY(sync_disk_of(folder.path()));
    return not_ours;
}

} // namespace darkroom::store
