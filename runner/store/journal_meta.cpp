#include "runner/store/journal_meta.hpp"

#include "runner/base/number.hpp"
#include "runner/store/error.hpp"
#include "runner/store/journal_sql.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

namespace {

// The names under which texts are stored: never changed.
constexpr std::string_view run_key = "run";
constexpr std::string_view spoken_key = "spoken:";

/// Version 0.1 kept no notes about URLs: a journal that names tasks and has none is of that
/// version, and its service has spoken.
Result<bool> was_heard_by_0_1(std::string const& journal) {
    TRY_ASSIGN(auto database, Database::open(journal, Database::Mode::read));
    TRY_ASSIGN(auto const tables,
               database.number("SELECT count(*) FROM sqlite_master WHERE name = 'meta'"));
    TRY_ASSIGN(auto const notes,
               tables == 0 ? Result<std::int64_t>(0)
                           : database.number(
                                 "SELECT count(*) FROM meta WHERE substr(name, 1, 7) = 'spoken:'"));
    TRY_ASSIGN(auto const tasks, database.number("SELECT EXISTS(SELECT 1 FROM tasks)"));
    return notes == 0 && tasks != 0;
}

} // namespace

Result<> write_meta(std::string const& journal, std::string_view name, std::string_view text,
                    Durability durability) {
    TRY_ASSIGN(auto database, Database::open(journal, Database::Mode::create));
    // Without a sync, the run at work waits only a moment for its own commit.
    std::string const synchronous = durability == Durability::now ? "FULL" : "OFF";
    // The run itself decides when the log of the database is written back.
    TRY(database.execute("PRAGMA synchronous = " + synchronous +
                         "; PRAGMA wal_autocheckpoint = 0; "
                         "CREATE TABLE IF NOT EXISTS meta("
                         "name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"));
    TRY_ASSIGN(auto insert, database.prepare("INSERT INTO meta(name, text) VALUES(?, ?) "
                                             "ON CONFLICT(name) DO UPDATE SET text = excluded.text "
                                             "WHERE text IS NOT excluded.text"));
    return insert.bind(1, name).bind(2, text).run();
}

Result<std::optional<std::string>> read_meta(std::string const& journal, std::string_view name) {
    TRY_ASSIGN(auto database, Database::open(journal, Database::Mode::read));
    // A journal has no such table before the first text is stored.
    TRY_ASSIGN(auto const tables,
               database.number("SELECT count(*) FROM sqlite_master WHERE name = 'meta'"));
    if (tables == 0) return std::optional<std::string>();
    TRY_ASSIGN(auto select, database.prepare("SELECT text FROM meta WHERE name = ?"));
    ResetAtEnd const guard(select);
    TRY_ASSIGN(auto const row, select.bind(1, name).step());
    if (!row) return std::optional<std::string>();
    return std::optional<std::string>(select.text(0));
}

Result<std::uint64_t> last_run(std::string const& journal) {
    TRY_ASSIGN(auto const text, read_meta(journal, run_key));
    if (!text) return 0;
    auto const number = parse_whole<std::uint64_t>(*text);
    if (!number)
        return Error(Errc::damaged_journal,
                     fmt::format("{}: the last run has the number '{}'", journal, *text));
    return *number;
}

Result<> write_last_run(std::string const& journal, std::uint64_t number) {
    return write_meta(journal, run_key, std::to_string(number));
}

Result<std::uint64_t> begin_run(std::string const& journal, std::uint64_t above) {
    TRY_ASSIGN(auto const last, last_run(journal));
    auto const number = std::max(last, above) + 1;
    TRY(write_last_run(journal, number));
    return number;
}

Result<bool> has_spoken(std::string const& journal, std::string_view url) {
    TRY_ASSIGN(auto const text, read_meta(journal, std::string(spoken_key).append(url)));
    if (text) return true;
    return was_heard_by_0_1(journal);
}

Result<> write_spoken(std::string const& journal, std::string_view url) {
    return write_meta(journal, std::string(spoken_key).append(url), "yes");
}

} // namespace darkroom::store
