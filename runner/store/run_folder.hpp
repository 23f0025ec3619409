// The directory of one run, held by one process.
#pragma once

#include "runner/store/file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::store {

/// A process that works on a run directory, as its lock file names it.
struct Holder {
    int pid = 0;
    std::string host; ///< "" in a file of version 0.1, and where it has no name.
};
Holder this_process();

/// Returns who works on a directory now; none when nobody does. Works beside a run. Errors: of the
/// disk.
Result<std::optional<Holder>> holder_of(std::string const& directory);

/// Holds the lock while it exists. The kernel releases it with the process, however that ends, so a
/// leftover run.lock is harmless.
class RunFolder {
public:
    /// Creates the directory if need be, takes the lock and removes from parts/ what
    /// no later run can use.
    /// Errors: locked, with the holder's process id and host; not_ours for a link or something else
    /// that no run has made and that has the name of one of its files; of the disk.
    static Result<RunFolder> open(std::string path);
    ~RunFolder();
    RunFolder(RunFolder&&) = default;
    RunFolder& operator=(RunFolder&&) = delete;
    RunFolder() = default;

    std::string const& path() const { return path_; }
    std::string parts() const { return path_ + "/parts"; }
    std::string journal() const { return path_ + "/journal.db"; }
    std::string manifest() const { return path_ + "/manifest.jsonl"; }
    std::string unwanted() const { return path_ + "/unwanted.jsonl"; }
    /// The first manifest of a directory that version 0.1 began, as it was before it was rewritten.
    std::string manifest_of_0_1() const { return path_ + "/manifest-0.1.jsonl"; }
    std::string marks() const { return path_ + "/marks"; }
    std::string exchanges() const { return path_ + "/exchanges.jsonl"; }
    std::string older_exchanges() const { return path_ + "/exchanges-older.jsonl"; }
    std::string failed() const { return path_ + "/failed.jsonl"; }
    /// Refuses a way below the directory, such as "images/cars", on which a link lies: what is
    /// written there would land somewhere else. It need not exist. Errors: not_ours.
    Result<> check_way(std::string const& relative) const;
    /// Gives the directory its final name, durably; only an empty directory may exist there. Nobody
    /// may have one of its files open by path.
    Result<> rename_to(std::string path);
    /// Returns the bytes this user may still write there.
    Result<std::uint64_t> free() const { return free_space(path_); }

private:
    Result<> lock();
    Result<> tidy() const;

    std::string path_;
    File lock_; // closed: moved from, or never opened
};

/// Locks a directory for this process alone, to remove files from it, as long as the file is open.
/// Unlike RunFolder it makes nothing, and so works on a full disk. Errors: locked, of the disk.
Result<File> hold_for_removal(std::string const& directory);

/// Locks a directory against runs while it is read, as long as the file is open; several readers
/// may do so at once. A directory that is not writable and has no lock file is not locked. Errors:
/// locked, of the disk.
Result<File> hold_for_reading(std::string const& directory);

} // namespace darkroom::store
