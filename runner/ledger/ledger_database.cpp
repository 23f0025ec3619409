#include "runner/ledger/ledger_database.hpp"

#include "runner/base/whole_file.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace darkroom::ledger {

using store::Database;
using store::File;
using store::ResetAtEnd;
using store::Statement;

namespace {

constexpr std::int64_t application = 0x6461726b; // "dark"
constexpr std::int64_t version = 1;
constexpr std::size_t note_bytes_max = 256;
constexpr int sqlite_busy = 5;
constexpr int sqlite_corrupt = 11;
constexpr int sqlite_not_a_database = 26;

// Times are milliseconds of the calendar, but `next_at`, `hold_until` and `look_at`: microseconds
// since the boot that meta names. A state is 1 open, 2 paid, 3 free. Of a step
// without a task, `named_at` is 0 before it was sent, and -1 then.
constexpr char const* tables = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,
  open INTEGER NOT NULL DEFAULT 0 CHECK (open >= 0),
  next_at INTEGER NOT NULL DEFAULT 0, hold_until INTEGER NOT NULL DEFAULT 0,
  look_at INTEGER NOT NULL DEFAULT 0, parked_run INTEGER NOT NULL DEFAULT 0,
  parked_verdict TEXT NOT NULL DEFAULT '', parked_code TEXT NOT NULL DEFAULT '',
  parked_text TEXT NOT NULL DEFAULT '');
CREATE TABLE holders(id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL,
  start INTEGER NOT NULL, boot TEXT NOT NULL);
CREATE TABLE runs(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE steps(run INTEGER NOT NULL, step BLOB NOT NULL, account INTEGER NOT NULL,
  holder INTEGER NOT NULL, nonce INTEGER NOT NULL, request BLOB NOT NULL, price INTEGER NOT NULL,
  state INTEGER NOT NULL, place INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0,
  by_search INTEGER NOT NULL DEFAULT 0, task TEXT NOT NULL DEFAULT '', sent_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL, named_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(run, step)) WITHOUT ROWID;
CREATE INDEX steps_open ON steps(account) WHERE state = 1;
CREATE INDEX steps_found ON steps(account) WHERE by_search = 1;
CREATE TABLE tasks(account INTEGER NOT NULL, task TEXT NOT NULL, run INTEGER NOT NULL,
  step BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(account, task)) WITHOUT ROWID;
CREATE TABLE spent(account INTEGER NOT NULL, quarter INTEGER NOT NULL, cost INTEGER NOT NULL,
  PRIMARY KEY(account, quarter)) WITHOUT ROWID;
)";

/// Returns SQLite's primary code; 0 for an error of somebody else.
int sqlite_code(Error const& error) {
    bool const is_sqlite = std::string_view(error.code.category().name()) == "sqlite";
    return is_sqlite ? error.code.value() & 0xff : 0;
}

// Tables that came later. `habits` has the time of an account's longest request, for a while.
// `seen` has how many facts of a run were durable at its last grant. The copies of a directory have
// one origin. A charge is a payment besides that of a step's row; `entered` has the last payment of
// a directory up to which the ledger has all.
constexpr char const* more_tables = R"(
CREATE TABLE IF NOT EXISTS charges(run INTEGER NOT NULL, step BLOB NOT NULL, task TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY(run, step, task)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS habits(account INTEGER PRIMARY KEY, longest_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS seen(run INTEGER PRIMARY KEY, facts INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS origins(run INTEGER PRIMARY KEY, origin BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS origins_copies ON origins(origin);
CREATE TABLE IF NOT EXISTS entered(run INTEGER PRIMARY KEY, step BLOB NOT NULL,
  at INTEGER NOT NULL);
)";

std::string random_hex() {
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
    std::string text;
    for (auto const byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
}

/// One process at a time makes or replaces the file, or gets its number. A process that is stopped
/// in the middle holds up the others for half a minute.
Result<File> lock_beside(std::string const& path) {
    auto const old = ::umask(0077);
    auto file = File::own(path + ".lock", O_RDWR | O_CREAT);
    ::umask(old);
    if (file.has_error()) return file;
    constexpr int tries = 3000;
    constexpr int between_ms = 10;
    for (int i = 0; ::flock(file->descriptor(), LOCK_EX | LOCK_NB) != 0; ++i) {
        bool const may_wait = (errno == EWOULDBLOCK || errno == EINTR) && i < tries;
        if (!may_wait) return store::file_error("lock", file->path());
        ::poll(nullptr, 0, between_ms);
    }
    return file;
}

/// A file of the mode 0600; SQLite gives its others the same.
Result<> make_empty(std::string const& path) {
    auto const old = ::umask(0077);
    auto const file = File::own(path, O_RDWR | O_CREAT);
    ::umask(old);
    if (file.has_error()) return file.error();
    return {};
}

std::pair<std::uint64_t, std::uint64_t> place_of(std::string const& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    return {info.st_dev, info.st_ino};
}

bool is_missing(Error const& error) {
    return error.code == boost::system::errc::no_such_file_or_directory;
}

Result<> put_aside(std::string const& path) {
    for (auto const* end : {"-wal", "-shm"}) TRY(store::remove_file(path + end));
    TRY_ASSIGN(auto const folder, store::Directory::open(store::parent_of(path)));
    return folder.take_over(path, path.substr(path.rfind('/') + 1) + ".broken");
}

} // namespace

bool is_broken_file(Error const& error) {
    int const code = sqlite_code(error);
    return code == sqlite_corrupt || code == sqlite_not_a_database;
}

bool is_locked_file(Error const& error) { return sqlite_code(error) == sqlite_busy; }

Result<LedgerDatabase> LedgerDatabase::open(std::string const& path, Broken broken, WallTime now) {
    return open_or_make(path, broken, now);
}

/// Besides its name, the last file's note has the number of its last run, and the boot of that one:
/// a power failure takes the last numbers away.
Result<std::int64_t> LedgerDatabase::begin_run(WallTime now, std::string const& boot,
                                               NextRun const& next) {
    TRY_ASSIGN(auto lock, lock_beside(path_));
    TRY_ASSIGN(auto const noted, read_whole_file(path_ + ".lock", note_bytes_max));
    std::istringstream note(noted);
    std::string last_name, last_boot;
    std::int64_t last = 0;
    note >> last_name >> last >> last_boot;
    TRY_ASSIGN(auto const number, next());
    bool const is_older = boot == last_boot && number <= last;
    has_replaced_ = !last_name.empty() && (last_name != name_ || is_older);
    if (has_replaced_) {
        begun_ = now; // what it has of before may not be all
        TRY(execute(fmt::format("UPDATE meta SET text = '{}' WHERE name = 'begun'",
                                now.time_since_epoch().count())));
        TRY(note_second());
    }
    TRY(lock.truncate(0));
    TRY(lock.write(fmt::format("{} {} {}", name_, number, boot)));
    return number;
}

Result<> LedgerDatabase::note_run(std::string const& boot, NextRun const& next) {
    TRY_ASSIGN(auto lock, lock_beside(path_));
    TRY_ASSIGN(auto const number, next());
    TRY(lock.truncate(0));
    return lock.write(fmt::format("{} {} {}", name_, number, boot));
}

Result<> LedgerDatabase::note_second() {
    is_second_ = true;
    return execute("INSERT OR REPLACE INTO meta VALUES('rebuilt', 'yes')");
}

Result<> LedgerDatabase::note_whole() {
    TRY(execute("DELETE FROM meta WHERE name = 'rebuilt'"));
    TRY(execute("UPDATE meta SET text = '0' WHERE name = 'begun'"));
    return read_meta();
}

Result<> LedgerDatabase::check_place() const {
    if (place_of(path_) == place_) return {};
    return Error(make_error_code(boost::system::errc::no_such_file_or_directory),
                 path_ + " was removed or replaced at work");
}

/// A new file has its name only when it is whole: whoever finds one can use it.
Result<LedgerDatabase> LedgerDatabase::open_or_make(std::string const& path, Broken broken,
                                                    WallTime now) {
    auto const can_be_made = [broken](Error const& error) {
        bool const is_replaced = is_broken_file(error) && broken == Broken::is_rebuilt;
        return is_missing(error) || is_replaced;
    };
    auto opened = open_as_it_is(path);
    if (opened.has_value() || !can_be_made(opened.error())) return opened;
    TRY_ASSIGN(auto const lock, lock_beside(path));
    opened = open_as_it_is(path); // another process may have been faster
    if (opened.has_value() || !can_be_made(opened.error())) return opened;
    bool const is_broken = is_broken_file(opened.error());
    if (is_broken) TRY(put_aside(path));
    TRY(make_whole(path, now));
    TRY_ASSIGN(auto fresh, open_as_it_is(path));
    fresh.was_rebuilt_ = is_broken;
    if (is_broken) TRY(fresh.note_second());
    return fresh;
}

Result<> LedgerDatabase::make_whole(std::string const& path, WallTime now) {
    auto const unnamed = path + ".new";
    for (auto const* end : {"", "-wal", "-shm"}) TRY(store::remove_file(unnamed + end));
    TRY(make_empty(unnamed));
    {
        LedgerDatabase fresh;
        TRY_ASSIGN(fresh.database_, Database::open(unnamed, Database::Mode::create));
        TRY(fresh.make_tables(now));
    }
    for (auto const* end : {"-wal", "-shm"}) TRY(store::remove_file(path + end));
    TRY_ASSIGN(auto const folder, store::Directory::open(store::parent_of(path)));
    return folder.take_over(unnamed, path.substr(path.rfind('/') + 1));
}

/// An empty file is as good as none.
Result<LedgerDatabase> LedgerDatabase::open_as_it_is(std::string const& path) {
    error_code const missing(ENOENT, boost::system::system_category());
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return store::file_error("open", path);
    if (info.st_size == 0) return Error(missing, path + " is empty");
    LedgerDatabase out;
    out.path_ = path;
    out.place_ = place_of(path);
    TRY_ASSIGN(out.database_, Database::open(path, Database::Mode::create));
    TRY(out.execute("PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 30000"));
    TRY_ASSIGN(auto const owner, out.number("PRAGMA application_id"));
    TRY_ASSIGN(auto const format, out.number("PRAGMA user_version"));
    if (owner != application || format != version)
        return Error(make_error_code(boost::system::errc::invalid_argument),
                     path + " is of another version of darkroom, or of another program");
    TRY(out.execute(more_tables));
    TRY(out.read_meta());
    return out;
}

Result<> LedgerDatabase::make_tables(WallTime now) {
    TRY(execute("PRAGMA journal_mode = WAL"));
    Transaction transaction(*this);
    TRY(transaction.begin());
    TRY(execute(tables));
    TRY(execute(fmt::format("INSERT INTO meta VALUES('salt', '{}'), ('name', '{}'), "
                            "('begun', '{}')",
                            random_hex(), random_hex(), now.time_since_epoch().count())));
    TRY(execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application, version)));
    return transaction.commit();
}

Result<> LedgerDatabase::read_meta() {
    TRY_ASSIGN(auto query, database_.prepare("SELECT text FROM meta WHERE name = ?"));
    for (auto const& [name, text] : {std::pair("salt", &salt_), std::pair("name", &name_)}) {
        ResetAtEnd const guard(query);
        TRY_ASSIGN(auto const row, query.bind(1, std::string_view(name)).step());
        if (row) *text = query.text(0);
    }
    TRY_ASSIGN(auto const rebuilt, number("SELECT count(*) FROM meta WHERE name = 'rebuilt'"));
    is_second_ = rebuilt > 0;
    TRY_ASSIGN(auto const begun, number("SELECT CAST(text AS INTEGER) FROM meta "
                                        "WHERE name = 'begun'"));
    begun_ = WallTime(std::chrono::milliseconds(begun));
    if (!salt_.empty()) return {};
    return Error(make_error_code(boost::system::errc::invalid_argument), "the ledger has no salt");
}

Result<Statement*> LedgerDatabase::statement(SqlText sql) {
    auto found = statements_.find(sql.data());
    if (found == statements_.end()) {
        TRY_ASSIGN(auto prepared, database_.prepare(sql.data()));
        found = statements_.emplace(sql.data(), std::move(prepared)).first;
    }
    found->second.reset();
    return &found->second;
}

Result<bool> LedgerDatabase::has_changed_elsewhere() {
    TRY_ASSIGN(auto* query, statement("PRAGMA data_version"));
    ResetAtEnd const guard(*query);
    TRY(query->step());
    auto const before = std::exchange(changes_elsewhere_, query->integer(0));
    return before != changes_elsewhere_;
}

Transaction::~Transaction() {
    if (!is_open_) return;
    bool const is_part = --database_.transactions_ > 0;
    bool const has_changed = database_.database_.all_changes() != changes_before_;
    if (is_part && has_changed) database_.is_spoilt_ = true;
    if (is_part) return;
    database_.is_spoilt_ = false;
    (void)database_.execute("ROLLBACK");
}

Result<> Transaction::begin() {
    if (database_.transactions_ == 0) {
        TRY_ASSIGN(auto* begin, database_.statement("BEGIN IMMEDIATE"));
        TRY(begin->run());
    }
    changes_before_ = database_.database_.all_changes();
    is_open_ = true;
    ++database_.transactions_;
    return {};
}

Result<> Transaction::commit() {
    if (database_.is_spoilt_)
        return Error(make_error_code(boost::system::errc::operation_canceled),
                     "the ledger has taken back a transaction");
    if (database_.transactions_ == 1) {
        TRY_ASSIGN(auto* commit, database_.statement("COMMIT"));
        TRY(commit->run());
    }
    is_open_ = false;
    --database_.transactions_;
    return {};
}

} // namespace darkroom::ledger
