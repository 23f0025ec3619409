#include "runner/store/journal_sql.hpp"

#include "runner/store/file.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

/// Larger than any fact: see fact_limits.
constexpr int row_bytes_max = 80 << 20;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
/// SQLite's extended result codes, with its own texts.
class SqliteCategory final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "sqlite"; }
    std::string message(int value) const override { return sqlite3_errstr(value); }
    /// Maps to the conditions that callers distinguish.
    boost::system::error_condition default_error_condition(int value) const noexcept override {
        namespace errc = boost::system::errc;
        switch (value & 0xff) {
        case SQLITE_FULL: return make_error_condition(errc::no_space_on_device);
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM: return make_error_condition(errc::read_only_file_system);
        case SQLITE_IOERR:
            return make_error_condition(value == SQLITE_IOERR_SHMSIZE ? errc::no_space_on_device
                                                                      : errc::io_error);
        case SQLITE_NOTADB: return make_error_condition(errc::executable_format_error);
        default: return {value, *this};
        }
    }
};
#pragma GCC diagnostic pop

Error sqlite_error(sqlite3* handle, std::string_view where) {
    static SqliteCategory const category;
    error_code const code(sqlite3_extended_errcode(handle), category);
    std::string_view const text = sqlite3_errmsg(handle);
    if (text == code.message()) return {code, std::string(where)};
    return {code, fmt::format("{}: {}", where, text)};
}

Error sqlite_error(sqlite3_stmt* statement) {
    auto* const handle = sqlite3_db_handle(statement);
    auto const* path = sqlite3_db_filename(handle, "main");
    std::string_view const name = path == nullptr ? "" : path;
    return sqlite_error(handle, name.substr(name.rfind('/') + 1));
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int at, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), at, value);
    return *this;
}

Statement& Statement::bind(int at, std::string_view value) {
    // A null pointer would bind NULL, and "" may come with one.
    char const* const text = value.data() == nullptr ? "" : value.data();
    sqlite3_bind_text64(handle_.get(), at, text, value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(int at, Digest const& value) {
    sqlite3_bind_blob64(handle_.get(), at, value.data(), value.size(), SQLITE_STATIC);
    return *this;
}

Result<bool> Statement::step() {
    int const code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return sqlite_error(handle_.get());
}

Result<> Statement::run() {
    ResetAtEnd const guard(*this);
    TRY(step());
    return {};
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

std::int64_t Statement::integer(int column) { return sqlite3_column_int64(handle_.get(), column); }

std::string_view Statement::text(int column) {
    auto const* text = sqlite3_column_text(handle_.get(), column);
    if (text == nullptr) return {};
    auto const size = sqlite3_column_bytes(handle_.get(), column);
    return {reinterpret_cast<char const*>(text), static_cast<std::size_t>(size)};
}

Digest Statement::digest(int column) {
    Digest digest{};
    auto const* bytes = sqlite3_column_blob(handle_.get(), column);
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    if (bytes != nullptr && size == digest.size()) std::memcpy(digest.data(), bytes, size);
    return digest;
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

namespace {

/// SQLite sums the memory that it uses, under a lock of the whole process: two to four calls a
/// statement. Has to come before its first use.
void count_no_memory() {
    [[maybe_unused]] static int const code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// Returns a URI for a reader that may not write next to the database, as SQLite otherwise does.
std::string immutable_uri(std::string const& path) {
    std::string uri = "file:";
    for (char const c : path)
        uri += std::string_view("%?#").find(c) == std::string_view::npos
                   ? std::string(1, c)
                   : fmt::format("%{:02x}", static_cast<unsigned char>(c));
    return uri + "?immutable=1";
}

/// Returns true for a database at rest in a directory that is not writable: a backup, a colleague's
/// run.
bool is_at_rest_elsewhere(std::string const& path) {
    return ::access(parent_of(path).c_str(), W_OK) != 0 && !exists(path + "-wal");
}

bool is_empty_or_none(std::string const& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) != 0 || info.st_size == 0;
}

} // namespace

Result<Database> Database::open(std::string const& path, Mode mode) {
    // SQLite follows links; those that came with a directory lead to files of somebody else.
    for (auto const* end : {"", "-wal", "-shm", "-journal"}) TRY(check_own(path + end));
    if (mode == Mode::read && is_at_rest_elsewhere(path)) mode = Mode::read_immutable;
    auto database = open_as(path, mode);
    if (mode != Mode::read || database.has_error() || !database->lacks_room_to_read())
        return database;
    // Nobody else has it open, for whom there would be such an index.
    bool const is_at_rest = is_empty_or_none(path + "-wal");
    return open_as(path, is_at_rest ? Mode::read_immutable : Mode::read_alone);
}

bool Database::lacks_room_to_read() {
    if (execute("PRAGMA schema_version").has_value()) return false;
    bool const is_full = sqlite3_extended_errcode(handle_.get()) == SQLITE_IOERR_SHMSIZE;
    return is_full || sqlite3_system_errno(handle_.get()) == ENOSPC;
}

Result<Database> Database::open_as(std::string const& path, Mode mode) {
    constexpr int read = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    constexpr int create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    // A kill in the middle of a transaction leaves a journal that only a writer may play back.
    bool const is_interrupted =
        mode == Mode::read && ::access((path + "-journal").c_str(), W_OK) == 0;
    constexpr int repair = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    bool const may_repair = is_interrupted || mode == Mode::read_alone;
    int const flags = may_repair ? repair : mode == Mode::read ? read : create;
    count_no_memory();
    sqlite3* handle = nullptr;
    int const code =
        mode == Mode::read_immutable
            ? sqlite3_open_v2(immutable_uri(path).c_str(), &handle, read | SQLITE_OPEN_URI, nullptr)
            : sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Database database;
    database.handle_.reset(handle); // also after a failure: SQLite needs it for the message
    database.path_ = path;
    if (code != SQLITE_OK) return sqlite_error(handle, "cannot open " + path);
    sqlite3_extended_result_codes(handle, 1);
    // A journal may come from somebody else, and one row could fill the memory.
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, row_bytes_max);
    // Another process may be checkpointing (status during a run); never the run itself.
    sqlite3_busy_timeout(handle, 5000);
    if (mode != Mode::read_alone) return database;
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    TRY(database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = 1"));
    return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    int const code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (code != SQLITE_OK) return sqlite_error(handle_.get(), path_);
    Statement statement;
    statement.handle_.reset(handle);
    return statement;
}

Result<> Database::execute(std::string const& sql) {
    int const code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return sqlite_error(handle_.get(), path_);
    return {};
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

std::int64_t Database::all_changes() const { return sqlite3_total_changes64(handle_.get()); }

bool Database::is_in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

Result<std::int64_t> Database::number(std::string_view sql) {
    TRY_ASSIGN(auto statement, prepare(sql));
    TRY_ASSIGN(auto const row, statement.step());
    return row ? statement.integer(0) : 0;
}

void Database::keep_log() {
    auto const count = [](void* pages, sqlite3*, char const*, int in_log) {
        *static_cast<int*>(pages) = in_log;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(handle_.get(), count, log_pages_.get()); // replaces SQLite's own
}

} // namespace darkroom::store
