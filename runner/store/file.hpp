// Files by descriptor, with errors that name the path and the failed operation.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// An open file, closed with the object. Every error is errno in the system category.
class File {
public:
    File() = default;
    ~File();
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;

    /// `flags` as for open(2); O_CLOEXEC is added, a new file gets mode 0666 less the umask.
    static Result<File> open(std::string path, int flags);
    /// Does the same for a name in an open directory; `path` is for messages.
    static Result<File> open_at(int directory, std::string const& name, std::string path,
                                int flags);
    /// Opens a file that the program made, or makes it: the name itself may be no link, and what it
    /// names must be a regular file. Errors: not_ours, of the disk.
    static Result<File> own(std::string path, int flags);
    static Result<File> own_at(int directory, std::string const& name, std::string path, int flags);

    /// Writes all of `bytes` at the file's position.
    Result<> write(std::string_view bytes);
    /// Makes the written bytes durable.
    Result<> sync();
    /// Lets the disk begin to write the bytes, so that sync() waits less. It does not fail: sync()
    /// returns what goes wrong.
    void start_sync();
    Result<> truncate(std::uint64_t size);
    Result<std::uint64_t> size() const;
    /// Returns the size that own() found; 0 after open().
    std::uint64_t bytes_at_first() const { return bytes_at_first_; }
    /// Passes the first `bytes` bytes to `take`, a piece at a time; its error ends the reading. A
    /// file that is shorter is an error.
    Result<> read(std::uint64_t bytes, std::function<Result<>(std::string_view)> const& take) const;

    int descriptor() const { return descriptor_; }
    std::string const& path() const { return path_; }
    bool is_open() const { return descriptor_ >= 0; }
    void close();
    /// Returns the descriptor, which the caller closes from now on.
    int release();

private:
    std::string path_;
    int descriptor_ = -1;
    std::uint64_t bytes_at_first_ = 0;
};

/// Returns the errno of the last failed call, with "VERB PATH".
Error file_error(std::string_view verb, std::string_view path);

/// Reads a whole file. Errors: not readable; too_large beyond `limit` bytes.
Result<std::string> read_file(std::string const& path, std::uint64_t limit);
bool exists(std::string const& path);
/// Returns the bytes of a regular file, or an error (no such file included).
Result<std::uint64_t> file_size(std::string const& path);
/// Removes a file; a missing one is not an error.
Result<> remove_file(std::string const& path);

/// Makes renames and new names in a directory durable.
Result<> sync_directory(std::string const& path);
/// Syncs the whole file system of `path`: a sync for each of a great many small files takes hours.
Result<> sync_disk_of(std::string const& path);
/// Returns an error for a name that is there and is no regular file, links included: the program
/// did not make it. A missing one is fine.
Result<> check_own(std::string const& path);
/// Creates a directory and those above it, each durable.
Result<> make_directories(std::string const& path);
/// Returns "a/b" for "a/b/c", "." for "c".
std::string parent_of(std::string const& path);
/// Returns the bytes this user may still write on the file system of `path`.
Result<std::uint64_t> free_space(std::string const& path);

} // namespace darkroom::store
