#include "runner/store/file_check.hpp"

#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/part_note.hpp"

#include <fmt/format.h>

#include <boost/system/errc.hpp>

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr std::uint64_t parts_tried_max = 10'000;

/// Opens the file, also behind links: a person may have moved pictures to another disk.
Result<File> open_listed(std::string const& directory, std::string const& file, bool& is_linked) {
    auto own = own_file_below(directory, file, O_RDONLY);
    if (own.has_value() || own.error().code != Errc::not_ours) return own;
    is_linked = true;
    auto const path = directory + "/" + file;
    TRY(file_size(path)); // no pipe and no device
    return File::open(path, O_RDONLY);
}

bool is_missing(Error const& error) {
    namespace errc = boost::system::errc;
    return error.code == errc::no_such_file_or_directory || error.code == errc::not_a_directory;
}

/// Returns the number of names that the file has.
Result<std::uint64_t> names_of(File const& file) {
    struct stat info {};
    if (::fstat(file.descriptor(), &info) != 0) return file_error("look at", file.path());
    return static_cast<std::uint64_t>(info.st_nlink);
}

/// Gives the file a free name in parts/. The note comes first: a part without one is removed.
Result<std::string> move_to_parts(std::string const& directory, ListedFile const& listed,
                                  std::uint64_t bytes) {
    TRY_ASSIGN(auto const top, Directory::open(directory));
    TRY_ASSIGN(auto parts, top.below("parts", Directory::Missing::is_made));
    PartNote note;
    note.bytes = bytes;
    note.refused = "damaged";
    auto const serial = static_cast<std::uint64_t>(::getpid());
    for (std::uint64_t number = 1; number <= parts_tried_max; ++number) {
        auto const part = part_path(directory + "/parts", listed.image, number);
        if (exists(part) || exists(note_path(part))) continue;
        TRY(write_note(part, note, serial));
        auto const name = split_path(part).name;
        TRY_ASSIGN(bool const is_moved, parts.take_over_free(directory + "/" + listed.file, name));
        if (!is_moved) continue;
        if (!read_note(part)) TRY(write_note(part, note, serial)); // a run tidied in between
        TRY(parts.sync());
        return "parts/" + name;
    }
    errno = EEXIST;
    return file_error("name", directory + "/parts");
}

} // namespace

std::optional<ListedFile> listed_file_in(std::string_view line) {
    auto const value = json::read(line);
    if (value.has_error()) return std::nullopt;
    ListedFile listed;
    listed.file = value->text("file").value_or("");
    listed.sha256 = value->text("sha256").value_or("");
    if (!from_hex(value->text("key").value_or(""), listed.image.step)) return std::nullopt;
    auto const tile = static_cast<int>(value->integer("tile").value_or(0));
    bool const counts_from_one = value->text("kind") == "video"; // of several videos of a step
    listed.image.tile = counts_from_one ? std::max(tile - 1, 0) : tile;
    auto const bytes = value->integer("bytes");
    if (bytes && *bytes >= 0) listed.bytes = static_cast<std::uint64_t>(*bytes);
    listed.is_further_name = value->text("same_as").has_value();
    return listed;
}

Result<> for_each_listed_file(std::string const& manifest,
                              std::function<Result<>(ListedFile)> const& take) {
    TRY_ASSIGN(auto const file, File::own(manifest, O_RDONLY));
    TRY_ASSIGN(auto const size, file.size());
    Result<> taken;
    LineReader lines([&](std::string_view line) {
        if (taken.has_error()) return;
        if (auto listed = listed_file_in(line)) taken = take(std::move(*listed));
    });
    return file.read(size, [&](std::string_view piece) -> Result<> {
        TRY(lines(piece));
        return taken;
    });
}

std::string_view name_of(FileState state) {
    switch (state) {
    case FileState::good: return "good";
    case FileState::missing: return "missing";
    case FileState::damaged: return "damaged";
    case FileState::unreadable: return "unreadable";
    }
    return "unreadable";
}

FileFinding check_file(std::string const& directory, ListedFile const& listed) {
    FileFinding finding;
    auto const fail = [&finding](FileState state, std::string why) {
        finding.state = state;
        finding.why = std::move(why);
        return finding;
    };
    auto const file = open_listed(directory, listed.file, finding.is_behind_link);
    if (file.has_error() && is_missing(file.error())) return fail(FileState::missing, "not there");
    if (file.has_error()) return fail(FileState::unreadable, file.error().message());
    auto const size = file->size();
    if (size.has_error()) return fail(FileState::unreadable, size.error().message());
    finding.bytes = *size;
    if (listed.bytes && *listed.bytes != *size)
        return fail(FileState::damaged,
                    fmt::format("it has {} bytes instead of {}", *size, *listed.bytes));
    Sha256 hash;
    auto const read = file->read(*size, [&hash](std::string_view piece) -> Result<> {
        hash.update(piece);
        return {};
    });
    if (read.has_error()) return fail(FileState::unreadable, read.error().message());
    if (to_hex(hash.finish()) == listed.sha256) return finding;
    return fail(FileState::damaged, "its bytes have changed");
}

Result<std::string> set_aside(std::string const& directory, ListedFile const& listed) {
    TRY_ASSIGN(auto const file, own_file_below(directory, listed.file, O_RDONLY));
    TRY_ASSIGN(auto const names, names_of(file));
    if (listed.is_further_name && names > 1) {
        auto const [way, name] = split_path(listed.file);
        TRY_ASSIGN(auto const top, Directory::open(directory));
        TRY_ASSIGN(auto const below, top.below(way, Directory::Missing::is_error));
        TRY(below.remove(name));
        return std::string();
    }
    TRY_ASSIGN(auto const bytes, file.size());
    return move_to_parts(directory, listed, bytes);
}

} // namespace darkroom::store
