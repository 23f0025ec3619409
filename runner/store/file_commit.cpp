#include "runner/store/file_commit.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/store/directory.hpp"

#include <fcntl.h>
#include <map>

namespace darkroom::store {

namespace {

/// A directory that gets new names.
struct NamedDirectory {
    Directory directory;
    Result<> synced;
};

/// Open directories by their names below the run directory, which all commits share.
using Directories = std::map<std::string, NamedDirectory>;

Result<bool> has_same_bytes(FileCommit const& commit, Directory const& directory) {
    auto const file = directory.file(split_path(commit.file).name, O_RDONLY);
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

/// Opens the directory of a file, unless it is open; creates it if need be.
Result<Directory const*> open_directory(Directories& directories, FileCommit const& commit) {
    auto const way = split_path(commit.file).directory;
    auto const found = directories.find(way);
    if (found != directories.end()) return &found->second.directory;
    TRY_ASSIGN(auto const top, Directory::open(commit.directory));
    TRY_ASSIGN(auto directory, top.below(way, Directory::Missing::is_made));
    auto& named = directories[way];
    named.directory = std::move(directory);
    return &named.directory;
}

/// Gives durable bytes their name, which is not durable yet.
Result<bool> rename_to_target(FileCommit const& commit, Directory const& directory) {
    auto& file = commit.body->file();
    auto const name = split_path(commit.file).name;
    TRY(file.sync());
    if (!commit.is_own) {
        TRY_ASSIGN(bool const is_done, directory.take_over_free(file.path(), name));
        if (is_done) return true;
        auto const same = has_same_bytes(commit, directory);
        if (same.has_error() || !*same) return same;
    }
    TRY(directory.take_over(file.path(), name));
    return true;
}

} // namespace

std::vector<Result<bool>> commit_all(std::vector<FileCommit> const& commits) {
    // Starts all write-outs at once, so that the syncs find most of it done. Only a hint.
    for (auto const& commit : commits)
        ::sync_file_range(commit.body->file().descriptor(), 0, 0, SYNC_FILE_RANGE_WRITE);
    std::vector<Result<bool>> results;
    Directories directories;
    for (auto const& commit : commits) {
        // Opened before the rename: when files run out, the file still has its old name.
        auto const opened = open_directory(directories, commit);
        results.push_back(opened.has_error() ? Result<bool>(opened.error())
                                             : rename_to_target(commit, **opened));
    }
    for (auto& [way, named] : directories) named.synced = named.directory.sync();
    for (std::size_t i = 0; i < commits.size(); ++i) {
        if (results[i].has_error() || !*results[i]) continue;
        auto const& synced = directories.at(split_path(commits[i].file).directory).synced;
        if (synced.has_error()) results[i] = synced.error();
    }
    return results;
}

} // namespace darkroom::store
