// SQLite with owners and errors; only the files of the journal and of the ledger include this.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/sha256.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace darkroom::store {

/// A prepared statement. Bind, step through the rows, reset(); a statement that is not reset keeps
/// its read transaction. Parameters count from 1, columns from 0.
class Statement {
public:
    Statement() = default;

    /// Texts and digests are not copied: `value` must outlive the next reset().
    Statement& bind(int at, std::int64_t value);
    Statement& bind(int at, std::string_view value);
    Statement& bind(int at, Digest const& value);

    /// Returns true when there is a row. Errors: SQLite's.
    Result<bool> step();
    /// Runs a statement without rows, and resets it.
    Result<> run();
    void reset();

    std::int64_t integer(int column);
    std::string_view text(int column); ///< Valid until the next step() or reset().
    Digest digest(int column);         ///< All zero when the value is not 32 bytes.

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Resets a statement at the end of a scope, however it is left.
class ResetAtEnd {
public:
    explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
    ~ResetAtEnd() { statement_.reset(); }
    ResetAtEnd(ResetAtEnd const&) = delete;
    ResetAtEnd& operator=(ResetAtEnd const&) = delete;

private:
    Statement& statement_;
};

/// Owns one connection; used by one thread at a time.
class Database {
public:
    /// read_immutable: a database at rest in a directory that is not writable, or on a full disk.
    /// read_alone: one that is not at rest, on a full disk; nobody else can open it meanwhile.
    /// `read` chooses both.
    enum class Mode { create, read, read_immutable, read_alone };

    Database() = default;
    /// Errors: not_ours for a link or a special file; SQLite's, with the path.
    static Result<Database> open(std::string const& path, Mode mode);

    Result<Statement> prepare(std::string_view sql);
    /// Runs statements without parameters or rows.
    Result<> execute(std::string const& sql);
    bool is_in_transaction() const;
    /// Returns how many rows the statement that ran last has added, changed or removed.
    std::int64_t changes() const;
    /// Returns the same of all statements that ran, rolled back or not.
    std::int64_t all_changes() const;
    /// Returns the number that a query without parameters gives; 0 without a row.
    Result<std::int64_t> number(std::string_view sql);
    /// From now on SQLite does not write its log back into the database before the last connection
    /// is closed; log_pages() counts the log's pages.
    void keep_log();
    int log_pages() const { return *log_pages_; }

private:
    static Result<Database> open_as(std::string const& path, Mode mode);
    /// Returns whether there is no room for the index of SQLite's log, which readers share.
    bool lacks_room_to_read();

    struct Close {
        void operator()(sqlite3* handle) const;
    };
    std::unique_ptr<int> log_pages_ = std::make_unique<int>(0); // the connection writes to it
    std::unique_ptr<sqlite3, Close> handle_;
    std::string path_;
};

} // namespace darkroom::store
