// The file of the ledger: its tables, its rebuilding, and statements by their text.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/store/journal_sql.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace darkroom::ledger {

/// The fate of a file that cannot be read; it may be replaced by an empty one.
enum class Broken { is_rebuilt, is_an_error };

/// The text of a statement, a literal: its address stands for it.
class SqlText {
public:
    consteval SqlText(char const* text) : text_(text) {}
    char const* data() const { return text_; }

private:
    char const* text_;
};

/// The open file. The format is of this program alone.
class LedgerDatabase {
public:
    /// Makes the file (mode 0600) where there is none. With is_rebuilt a broken one is kept
    /// beside it, under a name with `.broken`. `now`: when a new one is made. Errors: SQLite's;
    /// invalid_argument for a file of a newer version or of another program.
    static Result<LedgerDatabase> open(std::string const& path, Broken broken, WallTime now);

    /// Gives a run its number, higher than all before: it returns and commits it.
    using NextRun = std::function<Result<std::int64_t>()>;
    /// Begins a run. Beside the file, one with `.lock` has the name of the last file and the number
    /// of its last run: so one that was removed is missed, and an older copy is noticed, until the
    /// machine is started again.
    Result<std::int64_t> begin_run(WallTime now, std::string const& boot, NextRun const& next);

    /// Notes a further number, at the end of a run.
    Result<> note_run(std::string const& boot, NextRun const& next);

    /// Returns the prepared statement, reset.
    Result<store::Statement*> statement(SqlText sql);
    Result<> execute(std::string const& sql) { return database_.execute(sql); }
    std::int64_t changes() const { return database_.changes(); }
    bool is_in_transaction() const { return database_.is_in_transaction(); }
    Result<std::int64_t> number(std::string_view sql) { return database_.number(sql); }
    /// Returns whether another process has changed the file since the last question, which is for a
    /// transaction: the answer holds until its end. True the first time.
    Result<bool> has_changed_elsewhere();
    /// Returns whether the file was rebuilt when it was opened.
    bool was_rebuilt() const { return was_rebuilt_; }

    std::string const& salt() const { return salt_; }
    /// Returns when the file was made: it does not know what was spent before.
    WallTime begun() const { return begun_; }
    /// Returns whether it has replaced another one, now or earlier.
    bool is_second() const { return is_second_; }
    /// Returns whether the last one that was opened at this path was another, which has gone.
    bool has_replaced() const { return has_replaced_; }
    /// Notes that it has replaced another one.
    Result<> note_second();
    /// Notes that it knows all that was spent, whatever it has replaced.
    Result<> note_whole();
    /// Errors: the file was removed or replaced since it was opened; nothing is to be written.
    Result<> check_place() const;
    /// Names this file: another one has another name.
    std::string const& name() const { return name_; }

private:
    static Result<LedgerDatabase> open_or_make(std::string const& path, Broken broken,
                                               WallTime now);
    static Result<LedgerDatabase> open_as_it_is(std::string const& path);
    static Result<> make_whole(std::string const& path, WallTime now);
    Result<> make_tables(WallTime now);
    Result<> read_meta();

    friend class Transaction;

    std::string path_;
    std::pair<std::uint64_t, std::uint64_t> place_; ///< The disk and the number of the file.
    store::Database database_;
    int transactions_ = 0;   ///< Those that are open, one within the other.
    bool is_spoilt_ = false; ///< The open one cannot be committed, see Transaction.
    std::unordered_map<char const*, store::Statement>
        statements_;                     ///< The address of its text names each.
    std::int64_t changes_elsewhere_ = 0; ///< SQLite's number for them.
    std::string salt_;
    std::string name_;
    bool was_rebuilt_ = false;
    bool is_second_ = false;
    bool has_replaced_ = false;
    WallTime begun_{};
};

/// Returns whether SQLite says that the file is damaged, or is none of its own.
bool is_broken_file(Error const& error);
/// Returns whether another process holds the file: the call has changed nothing.
bool is_locked_file(Error const& error);

/// A transaction that may write, or a part of the one that is open; rolled back unless it is
/// committed. A part that has changed something and is not committed spoils the whole: to keep what
/// a part changes apart, SQLite copies each page that it touches.
class Transaction {
public:
    explicit Transaction(LedgerDatabase& database) : database_(database) {}
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;
    ~Transaction();
    Result<> begin();
    /// Errors: SQLite's; operation_canceled where a part has spoilt it.
    Result<> commit();
    /// Returns whether a part has spoilt it: nothing of it can be committed.
    bool is_spoilt() const { return database_.is_spoilt_; }

private:
    LedgerDatabase& database_;
    std::int64_t changes_before_ = 0; ///< Those of the database when a part began.
    bool is_open_ = false;
};

} // namespace darkroom::ledger
