#include "runner/store/journal_meta.hpp"

#include "runner/store/journal_sql.hpp"

namespace darkroom::store {

Result<> write_meta(std::string const& journal, std::string_view name, std::string_view text) {
    TRY_ASSIGN(auto database, Database::open(journal, Database::Mode::create));
    TRY(database.execute("CREATE TABLE IF NOT EXISTS meta("
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

} // namespace darkroom::store
