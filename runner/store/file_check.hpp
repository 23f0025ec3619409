// The files that a manifest lists, compared with what is on the disk.
#pragma once

#include "runner/store/journal_row.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// A file as a line of the manifest lists it.
struct ListedFile {
    ImageKey image;
    std::string file; ///< Relative to the run directory.
    std::optional<std::uint64_t> bytes;
    std::string sha256;
    bool is_further_name = false; ///< Another line lists the same picture first.
};

/// Reads a line; nothing for one that is none of a manifest. A text need not have a file: "".
std::optional<ListedFile> listed_file_in(std::string_view line);
/// Passes each line of a manifest to `take`, whose error ends the walk. A line that is being
/// written is left out. Errors: of the disk.
Result<> for_each_listed_file(std::string const& manifest,
                              std::function<Result<>(ListedFile)> const& take);

/// Printed for scripts: the names never change.
enum class FileState { good, missing, damaged, unreadable };
std::string_view name_of(FileState state);

struct FileFinding {
    FileState state = FileState::good;
    std::string why;         ///< "" for a good file.
    std::uint64_t bytes = 0; ///< Its size; 0 where it cannot be read.
    bool is_behind_link = false;
};

/// Reads a file and compares it with its line. May run on any thread.
FileFinding check_file(std::string const& directory, ListedFile const& listed);

/// Moves a damaged file to parts/, where it stays until the image is loaded again: the next run
/// finds no file under its name. Returns its name there; "" for a further name of a picture, which
/// is removed, since its bytes have another one. Errors: not_ours for a file behind a link, of the
/// disk.
Result<std::string> set_aside(std::string const& directory, ListedFile const& listed);

} // namespace darkroom::store
