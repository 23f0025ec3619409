// A run directory from which files are removed: no link is followed, and nothing but regular files
// goes.
#pragma once

#include "runner/store/directory.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// A regular file, as the disk has it.
struct DiskFile {
    std::uint64_t bytes = 0;
    std::uint64_t device = 0;
    std::uint64_t number = 0; ///< Two names with the same one, and device, are the same file.

    bool is(DiskFile const& other) const {
        return device == other.device && number == other.number;
    }
};

/// Names are relative to the run directory. What is behind a link, is no regular file, or has a
/// name that leads out of the directory is not there for it.
class CleanFolder {
public:
    /// Errors: of the disk.
    static Result<CleanFolder> open(std::string const& directory);

    std::optional<DiskFile> find(std::string_view file);
    /// Returns the names directly below a directory, given with a '/' at its end; none if there is
    /// no such directory.
    std::vector<std::string> names_below(std::string_view directory);
    /// Returns true if the file was there and is gone now. Errors: of the disk.
    Result<bool> remove(std::string_view file);
    /// Removes the directories that have become empty, with those above them.
    void remove_empty();

private:
    explicit CleanFolder(Directory top) : top_(std::move(top)) {}
    /// Opens the directory of a file, whose last part becomes `name`; null if there is no such way.
    Directory const* way_to(std::string_view file, std::string& name);

    Directory top_;
    std::optional<Directory> way_; ///< The last one: files come in the order of their places.
    std::string way_name_;
    std::set<std::string> emptied_; ///< Directories from which something was removed.
};

} // namespace darkroom::store
