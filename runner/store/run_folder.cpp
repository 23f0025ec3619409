#include "runner/store/run_folder.hpp"

#include "runner/base/number.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"
#include "runner/store/part_note.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr std::uint64_t lock_bytes_max = 512;

/// The files of a run directory that have fixed names.
constexpr std::string_view own_files[] = {
    "journal.db",         "journal.db-wal", "journal.db-shm",  "journal.db-journal",
    "manifest.jsonl",     "unwanted.jsonl", "failed.jsonl",    "marks",
    "manifest-0.1.jsonl", "run.lock",       "exchanges.jsonl", "exchanges-older.jsonl"};

constexpr std::string_view own_directories[] = {"parts", "service"};

/// Refuses a directory in which something else has a name of ours: a link would lead the program to
/// files of somebody else.
Result<> check_own_names(std::string const& directory) {
    for (auto const name : own_files) TRY(check_own(fmt::format("{}/{}", directory, name)));
    TRY_ASSIGN(auto const folder, Directory::open(directory));
    for (auto const name : own_directories) {
        auto const below = folder.below(name, Directory::Missing::is_error);
        if (below.has_error() && below.error().code == Errc::not_ours) return below.error();
    }
    return {};
}

/// Reads "PID HOST" and a line end; none for anything else.
std::optional<Holder> read_holder(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    auto const blank = text.find(' ');
    auto const pid = text.substr(0, blank);
    auto const host = blank == text.npos ? std::string_view() : text.substr(blank + 1);
    bool const is_number = !host.empty() && host.find_first_not_of("0123456789") == host.npos;
    bool const is_line = host.find_first_of(" \n") == host.npos && !is_number;
    auto const number = parse_whole<int>(pid);
    if (!is_line || !number) return std::nullopt;
    return Holder{*number, std::string(host)};
}

/// Returns what a lock file says; none when it says nothing.
std::optional<Holder> holder_in(std::string const& path) {
    auto const text = read_file(path, lock_bytes_max);
    return text.has_value() ? read_holder(*text) : std::nullopt;
}

std::string this_host() {
    char name[256] = {};
    bool const is_known = ::gethostname(name, sizeof name - 1) == 0;
    std::string const host = is_known ? name : "";
    return host.find_first_of(" \n") == host.npos ? host : "";
}

/// Refuses a lock file that no run has written.
Result<> check_lock(File const& file) {
    auto const text = read_file(file.path(), lock_bytes_max);
    bool const is_empty = text.has_value() && text->empty();
    if (is_empty || (text.has_value() && read_holder(*text))) return {};
    return Error(Errc::not_ours,
                 fmt::format("{} holds something else than a process id: move it away, or use "
                             "another directory",
                             file.path()));
}

/// Locks `directory`, whose file is open; `way` is the argument of flock().
Result<> take_lock(File const& file, int way, std::string const& directory) {
    if (::flock(file.descriptor(), way | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return file_error("lock", file.path());
    auto const holder = holder_in(file.path());
    auto who = "process " + (holder ? std::to_string(holder->pid) : "?");
    if (holder && !holder->host.empty()) who += " on " + holder->host;
    return Error(Errc::locked,
                 fmt::format("{}: {} works on it; wait for it or stop it", directory, who));
}

/// Opens and locks the lock file of a directory, for this process alone.
Result<File> locked_file(std::string const& directory) {
    TRY_ASSIGN(auto file, File::own(directory + "/run.lock", O_RDWR | O_CREAT));
    TRY(take_lock(file, LOCK_EX, directory));
    TRY(check_lock(file));
    return file;
}

/// Writes down who holds the lock.
Result<> name_holder(File& lock) {
    TRY(lock.truncate(0));
    auto const [pid, host] = this_process();
    return lock.write(fmt::format("{}{}{}\n", pid, host.empty() ? "" : " ", host));
}

} // namespace

Holder this_process() { return {::getpid(), this_host()}; }

Result<std::optional<Holder>> holder_of(std::string const& directory) {
    auto const path = directory + "/run.lock";
    auto const last = holder_in(path);
    if (!last) return std::optional<Holder>();
    // To try the lock is to hold it for a moment, and a run that starts then is refused. So it is
    // tried only when the process that the file names may still be there.
    bool const is_here = last->host == this_host();
    if (is_here && ::kill(last->pid, 0) != 0 && errno == ESRCH) return std::optional<Holder>();
    TRY_ASSIGN(auto const file, File::own(path, O_RDONLY));
    if (::flock(file.descriptor(), LOCK_SH | LOCK_NB) == 0) return std::optional<Holder>();
    if (errno != EWOULDBLOCK) return file_error("lock", path);
    return holder_in(path);
}

Result<RunFolder> RunFolder::open(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    RunFolder folder;
    folder.path_ = std::move(path);
    TRY(make_directories(folder.path_));
    TRY(check_own_names(folder.path_));
    TRY(folder.lock());
    TRY(folder.tidy());
    return folder;
}

RunFolder::~RunFolder() {
    if (!lock_.is_open()) return;
    ::rmdir(parts().c_str()); // fails when a part is left in it, for a later run
}

Result<> RunFolder::lock() {
    TRY_ASSIGN(auto file, locked_file(path_));
    TRY(name_holder(file));
    lock_ = std::move(file);
    return {};
}

Result<> RunFolder::check_way(std::string const& relative) const {
    TRY_ASSIGN(auto const folder, Directory::open(path_));
    auto const below = folder.below(relative, Directory::Missing::is_error);
    if (below.has_error() && below.error().code == Errc::not_ours) return below.error();
    return {};
}

Result<> RunFolder::rename_to(std::string path) {
    ::rmdir(parts().c_str()); // empty again, as above
    if (std::rename(path_.c_str(), path.c_str()) != 0)
        return file_error("rename " + path_ + " to", path);
    path_ = std::move(path);
    return sync_directory(parent_of(path_));
}

Result<File> hold_for_removal(std::string const& directory) {
    TRY(check_own_names(directory));
    TRY_ASSIGN(auto file, locked_file(directory));
    (void)name_holder(file); // the disk may be full, and the lock is what counts
    return file;
}

Result<File> hold_for_reading(std::string const& directory) {
    TRY(check_own_names(directory));
    auto const name = directory + "/run.lock";
    bool const may_write = ::access(directory.c_str(), W_OK) == 0;
    if (!may_write && !exists(name)) return File();
    auto file = File::own(name, may_write ? O_RDONLY | O_CREAT : O_RDONLY);
    if (file.has_error()) return file;
    TRY(take_lock(*file, LOCK_SH, directory));
    return file;
}

/// Removes what no later run can continue.
Result<> RunFolder::tidy() const {
    TRY_ASSIGN(auto const folder, Directory::open(path_));
    TRY_ASSIGN(auto const parts, folder.below("parts", Directory::Missing::is_made));
    TRY(tidy_parts(parts));
    return {};
}

} // namespace darkroom::store
