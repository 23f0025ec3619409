#include "runner/store/file_commit.hpp"

#include "runner/base/out_of_files.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <map>

namespace darkroom::store {

namespace {

Result<bool> has_same_bytes(FileCommit const& commit) {
    auto const file = File::open(commit.target, O_RDONLY | O_NOFOLLOW);
    if (file.has_error() && is_out_of_files(file.error().code)) return file.error();
    if (file.has_error()) return false; // a directory, a link, not readable: not the same
    TRY_ASSIGN(auto const size, file->size());
    if (size != commit.received.bytes) return false;
    Sha256 hash;
    auto const update = [&hash](std::string_view bytes) -> Result<> {
        hash.update(bytes);
        return {};
    };
    TRY(file->read(size, update));
    return to_hex(hash.finish()) == commit.received.sha256;
}

Result<bool> rename_over(std::string const& from, std::string const& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return file_error("rename " + from + " to", to);
    return true;
}

/// Renames unless the name is taken; false if it is.
Result<bool> rename_to_free(std::string const& from, std::string const& to) {
    auto const at = AT_FDCWD;
    if (::renameat2(at, from.c_str(), at, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS) return file_error("rename " + from + " to", to);
    // A file system without that call. The run holds its directory's lock and claims each name
    // first, so nobody comes between the question and the rename.
    if (exists(to)) return false;
    return rename_over(from, to);
}

/// A directory that gets new names.
struct Directory {
    File file;
    Result<> synced;
};

/// Opens a directory that is not open yet; creates it if need be.
Result<> open_directory(std::map<std::string, Directory>& directories, std::string const& path) {
    if (directories.contains(path)) return {};
    TRY(make_directories(path));
    TRY_ASSIGN(auto file, File::open(path, O_RDONLY | O_DIRECTORY));
    directories[path].file = std::move(file);
    return {};
}

/// Gives durable bytes their name, which is not durable yet.
Result<bool> rename_to_target(FileCommit const& commit) {
    auto& file = commit.body->file();
    TRY(file.sync());
    auto renamed = commit.is_own ? rename_over(file.path(), commit.target)
                                 : rename_to_free(file.path(), commit.target);
    if (renamed.has_value() && !*renamed) {
        auto const same = has_same_bytes(commit);
        if (same.has_error() || !*same) return same;
        renamed = rename_over(file.path(), commit.target);
    }
    return renamed;
}

} // namespace

std::vector<Result<bool>> commit_all(std::vector<FileCommit> const& commits) {
    // Starts all write-outs at once, so that the syncs find most of it done. Only a hint.
    for (auto const& commit : commits)
        ::sync_file_range(commit.body->file().descriptor(), 0, 0, SYNC_FILE_RANGE_WRITE);
    std::vector<Result<bool>> results;
    std::map<std::string, Directory> directories;
    for (auto const& commit : commits) {
        // Opened before the rename: when files run out, the file still has its old name.
        auto const opened = open_directory(directories, parent_of(commit.target));
        results.push_back(opened.has_error() ? Result<bool>(opened.error())
                                             : rename_to_target(commit));
    }
    for (auto& [path, directory] : directories) directory.synced = directory.file.sync();
    for (std::size_t i = 0; i < commits.size(); ++i) {
        if (results[i].has_error() || !*results[i]) continue;
        auto const& synced = directories.at(parent_of(commits[i].target)).synced;
        if (synced.has_error()) results[i] = synced.error();
    }
    return results;
}

} // namespace darkroom::store
