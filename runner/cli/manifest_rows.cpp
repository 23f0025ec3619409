#include "runner/cli/manifest_rows.hpp"

#include "jobs/plan/picks.hpp"
#include "runner/base/relative_path.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/store/error.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_reader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::cli {

namespace {

/// Refuses a directory in which nothing is listed although something is saved.
void check_no_manifest(std::string const& directory) {
    auto const journal = directory + "/journal.db";
    if (!store::exists(journal))
        throw Quit(ExitCode::no_input,
                   fmt::format("{}: no run directory, it has no manifest.jsonl", directory));
    auto reader = or_quit(store::JournalReader::open(journal));
    if (or_quit(reader.count_images()) > 0)
        throw Quit(ExitCode::no_input,
                   fmt::format("{}: manifest.jsonl is gone; the next 'darkroom run FILE' writes it "
                               "again",
                               directory));
}

} // namespace

ManifestRows::ManifestRows(std::string directory) : directory_(std::move(directory)) {
    auto const path = directory_ + "/manifest.jsonl";
    if (!store::exists(path)) {
        check_no_manifest(directory_);
        return;
    }
    manifest_ = or_quit(store::File::own(path, O_RDONLY));
    bytes_ = or_quit(manifest_.size());
    folder_ = or_quit(store::Directory::open(directory_));
}

/// An export of pictures that are all there leaves the journal alone: to read it changes the files
/// beside it.
bool ManifestRows::is_removed(engine::ManifestRow const& row) {
    std::lock_guard const lock(mutex_);
    if (!removed_) {
        auto found = store::removed_images(directory_ + "/journal.db");
        removed_ = found.has_value() ? std::move(*found) : store::RemovedImages();
    }
    return removed_->has(store::image_of(row));
}

Result<exports::ListedRow> ManifestRows::row_of(std::string_view line, std::uint64_t offset) const {
    auto const columns = store::LineColumns::split(line);
    auto row = columns ? store::manifest_row_in(*columns) : std::nullopt;
    if (!row)
        return Error(store::Errc::damaged_manifest,
                     fmt::format("{}/manifest.jsonl, at byte {}", directory_, offset));
    exports::ListedRow listed;
    listed.row = std::move(*row);
    listed.line = columns->line();
    auto const picked = columns->at(store::Column::picked);
    if (picked == "true" || picked == "false") listed.picked = picked == "true";
    listed.offset = offset;
    listed.length = static_cast<std::uint32_t>(line.size());
    return listed;
}

Result<> ManifestRows::for_each(Take const& take) {
    if (!manifest_.is_open()) return {};
    Result<> taken;
    std::uint64_t offset = 0;
    store::LineReader lines([&](std::string_view line) {
        if (taken.has_error()) return;
        auto listed = row_of(line, offset);
        offset += line.size() + 1;
        taken = listed.has_value() ? take(*listed) : Result<>(listed.error());
    });
    return manifest_.read(bytes_, [&](std::string_view piece) -> Result<> {
        TRY(lines(piece));
        return taken;
    });
}

Result<exports::ListedRow> ManifestRows::read(std::uint64_t offset, std::uint32_t length) {
    std::string line(length, '\0');
    for (std::size_t have = 0; have < line.size();) {
        auto const count = ::pread(manifest_.descriptor(), line.data() + have, line.size() - have,
                                   static_cast<off_t>(offset + have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return store::file_error("read", manifest_.path());
        if (count == 0) return Error(store::Errc::damaged_manifest, manifest_.path());
        have += static_cast<std::size_t>(count);
    }
    return row_of(line, offset);
}

Result<std::string> ManifestRows::picks() {
    auto const path = directory_ + "/picks.json";
    return store::exists(path) ? store::read_file(path, jobs::picks_bytes_max) : std::string();
}

/// Pictures come in the order of their places, and so do their directories: the last one is kept.
Result<ManifestRows::Way> ManifestRows::way_to(std::string const& name) {
    std::lock_guard const lock(mutex_);
    if (way_ && way_name_ == name) return way_;
    way_ = nullptr;
    TRY_ASSIGN(auto directory, folder_.below(name, store::Directory::Missing::is_error));
    way_ = std::make_shared<store::Directory const>(std::move(directory));
    way_name_ = name;
    return way_;
}

Result<exports::Descriptor> ManifestRows::open(std::string const& file) {
    if (!stays_below(file))
        return Error(
            store::Errc::damaged_manifest,
            fmt::format("{}: a line names the file '{}', which is not below it", directory_, file));
    auto const [way, name] = store::split_path(file);
    TRY_ASSIGN(auto const directory, way_to(way));
    TRY_ASSIGN(auto opened, directory->file(name, O_RDONLY));
    return exports::Descriptor(opened.release());
}

exports::Sources sources_of(std::vector<std::string> const& directories) {
    exports::Sources sources;
    for (auto const& directory : directories)
        sources.push_back(std::make_unique<ManifestRows>(directory));
    return sources;
}

} // namespace darkroom::cli
