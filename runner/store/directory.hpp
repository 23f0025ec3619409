// A directory by descriptor: what lies below it is reached without following links.
#pragma once

#include "runner/store/file.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// An open directory. Its own path may lead through links, since a person gave it; the names below
/// may not, since anybody may have made them. Only regular files are opened, replaced and removed.
class Directory {
public:
    enum class Missing { is_error, is_made };

    Directory() = default;
    static Result<Directory> open(std::string const& path);
    /// Opens a directory below this one, given as "a/b"; "" is this one. Makes each missing one,
    /// durably, if asked to. Errors: not_ours for a link or a file on the way; of the disk.
    Result<Directory> below(std::string_view relative, Missing missing) const;

    /// Opens a regular file by its name; `flags` as for open(2). Errors: not_ours, of the disk.
    Result<File> file(std::string const& name, int flags) const;
    /// Gives the names in it, in no order.
    Result<> for_each_name(std::function<void(std::string_view)> const& take) const;
    /// Returns the same.
    Result<std::vector<std::string>> names() const;
    /// Removes a regular file; a missing one is no error, and anything else stays where it is.
    Result<> remove(std::string const& name) const;
    /// Gives the file at `from` a name in this directory, in place of a regular file at most.
    Result<> take_over(std::string const& from, std::string const& name) const;
    /// Does the same if the name is free, and returns false if it is not.
    Result<bool> take_over_free(std::string const& from, std::string const& name) const;
    Result<> sync() { return file_.sync(); }

    std::string const& path() const { return file_.path(); }
    int descriptor() const { return file_.descriptor(); }

private:
    enum class Kind { none, file, other };
    explicit Directory(File file) : file_(std::move(file)) {}
    Result<Directory> step(std::string const& name, Missing missing) const;
    Result<Kind> kind_of(std::string const& name) const;

    File file_;
};

/// Splits "a/b/c" into "a/b" and "c".
struct SplitPath {
    std::string directory;
    std::string name;
};
SplitPath split_path(std::string const& path);

/// Opens a regular file at a relative path below a directory, without following links on that way.
/// Errors: not_ours, of the disk.
Result<File> own_file_below(std::string const& directory, std::string const& file, int flags);

} // namespace darkroom::store
