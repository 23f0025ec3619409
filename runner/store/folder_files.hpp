// The files that darkroom makes in a run directory besides those of its pictures, and which of them
// a clean-up may remove.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace darkroom::store {

/// Says which wish of `darkroom clean` removes a file.
enum class Removal { never, with_pictures, with_parts, with_all };

/// A fixed name, relative to the run directory, or a directory whose files are of one use.
struct FolderFile {
    std::string_view name; ///< Ends with '/' for a directory.
    Removal removal = Removal::never;
    std::string_view why; ///< The reason for it.
};
std::span<FolderFile const> folder_files();
/// Returns true for the path of such a file, however it is written: no picture has it, whatever a
/// journal says.
bool is_folder_file(std::string_view path);

/// Returns how a file directly below `thumbs/` or `parts/` is removed; nothing for a name that
/// darkroom gives to no file there.
std::optional<Removal> removal_below(std::string_view directory, std::string_view name);

} // namespace darkroom::store
