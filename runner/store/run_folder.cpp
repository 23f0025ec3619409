#include "runner/store/run_folder.hpp"

#include "runner/base/text.hpp"
#include "runner/store/error.hpp"
#include "runner/store/part_note.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

/// Locks `directory`, whose file is open; `way` is the argument of flock().
Result<> take_lock(File const& file, int way, std::string const& directory) {
    if (::flock(file.descriptor(), way | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return file_error("lock", file.path());
    auto const holder = read_file(file.path(), 64);
    auto const pid = holder.has_value() ? trim(*holder) : std::string_view();
    return Error(Errc::locked, fmt::format("{}: process {} works on it; wait for it or stop it",
                                           directory, pid.empty() ? "?" : pid));
}

} // namespace

Result<RunFolder> RunFolder::open(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    RunFolder folder;
    folder.path_ = std::move(path);
    TRY(make_directories(folder.path_));
    TRY(folder.lock());
    TRY(folder.tidy());
    return folder;
}

RunFolder::~RunFolder() {
    if (!lock_.is_open()) return;
    ::rmdir(parts().c_str()); // fails when a part is left in it, for a later run
}

Result<> RunFolder::lock() {
    auto const name = path_ + "/run.lock";
    TRY_ASSIGN(auto file, File::open(name, O_RDWR | O_CREAT));
    TRY(take_lock(file, LOCK_EX, path_));
    auto written = file.truncate(0);
    if (written.has_error()) return written;
    written = file.write(fmt::format("{}\n", ::getpid()));
    if (written.has_error()) return written;
    lock_ = std::move(file);
    return {};
}

Result<> RunFolder::rename_to(std::string path) {
    ::rmdir(parts().c_str()); // empty again, as above
    if (std::rename(path_.c_str(), path.c_str()) != 0)
        return file_error("rename " + path_ + " to", path);
    path_ = std::move(path);
    return sync_directory(parent_of(path_));
}

Result<File> hold_for_reading(std::string const& directory) {
    auto const name = directory + "/run.lock";
    bool const may_write = ::access(directory.c_str(), W_OK) == 0;
    if (!may_write && !exists(name)) return File();
    auto file = File::open(name, may_write ? O_RDONLY | O_CREAT : O_RDONLY);
    if (file.has_error()) return file;
    TRY(take_lock(*file, LOCK_SH, directory));
    return file;
}

/// Removes what no later run can continue.
Result<> RunFolder::tidy() const {
    TRY(make_directories(parts()));
    auto const kept = tidy_parts(parts());
    if (kept.has_error()) return kept.error();
    return {};
}

} // namespace darkroom::store
