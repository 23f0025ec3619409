// A file that appears complete under its name, or not at all.
#pragma once

#include "runner/store/file.hpp"

#include <string>
#include <string_view>

namespace darkroom::store {

/// The path for writing a file, and its final place. Both on one file system.
struct AtomicPaths {
    std::string part;
    std::string directory; ///< A person's word: links in it are followed.
    std::string name;      ///< Relative to it, such as "images/1.txt": no link on this way.
};

/// Writes to `part`; commit() renames it to its final name. Without commit() no file is left.
class AtomicFile {
public:
    static Result<AtomicFile> create(AtomicPaths paths);
    ~AtomicFile();
    AtomicFile() = default;
    AtomicFile(AtomicFile&&) = default;
    AtomicFile& operator=(AtomicFile&& other) noexcept; ///< The other one drops what this had.

    Result<> write(std::string_view bytes);
    /// Makes the written bytes durable, under the name of the part.
    Result<> sync() { return file_.sync(); }
    /// Lets the disk begin with that.
    void start_sync() { file_.start_sync(); }
    /// Makes the file durable under its final name; replaces an existing regular file, and nothing
    /// else. Errors: not_ours, of the disk.
    Result<> commit();

private:
    File file_; // open until committed
    AtomicPaths paths_;
};

/// Writes and commits in one call.
Result<> write_atomically(AtomicPaths paths, std::string_view bytes);

} // namespace darkroom::store
