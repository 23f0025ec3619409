// The directory of one run, held by one process.
#pragma once

#include "runner/store/file.hpp"

#include <cstdint>
#include <string>

namespace darkroom::store {

/// Holds the lock as long as it lives. The kernel gives it up with the process, however that ends,
/// so a run.lock left behind is harmless.
class RunFolder {
public:
    /// Creates the directory if need be, takes the lock and empties parts/.
    /// Errors: locked, with the holder's process id; of the disk.
    static Result<RunFolder> open(std::string path);
    ~RunFolder();
    RunFolder(RunFolder&&) = default;
    RunFolder& operator=(RunFolder&&) = delete;
    RunFolder() = default;

    std::string const& path() const { return path_; }
    std::string parts() const { return path_ + "/parts"; }
    std::string journal() const { return path_ + "/journal.db"; }
    std::string manifest() const { return path_ + "/manifest.jsonl"; }
    std::string failed() const { return path_ + "/failed.jsonl"; }
    /// Gives the directory its final name, durably; what is there by that name must be an empty
    /// directory, if anything. Nobody may have a file of it open by its path.
    Result<> rename_to(std::string path);
    /// Bytes this user may still write there.
    Result<std::uint64_t> free() const { return free_space(path_); }

private:
    Result<> lock();
    Result<> empty_parts() const;

    std::string path_;
    File lock_; // closed: moved from, or never opened
};

/// Keeps runs out of a directory that is only read, as long as the file is open; several may do so
/// at once. A directory that we may not write to and that no run has worked in is not held.
/// Errors: locked, of the disk.
Result<File> hold_for_reading(std::string const& directory);

} // namespace darkroom::store
