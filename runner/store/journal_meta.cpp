#include "runner/store/journal_meta.hpp"

#include "runner/store/journal_sql.hpp"

namespace darkroom::store {

Result<> write_meta(std::string const& journal, std::string_view name, std::string_view text) {
    auto database = Database::open(journal, Database::Mode::create);
    if (database.has_error()) return database.error();
    auto ready = database->execute("CREATE TABLE IF NOT EXISTS meta("
                                   "name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID");
    if (ready.has_error()) return ready;
    auto insert = database->prepare("INSERT INTO meta(name, text) VALUES(?, ?) "
                                    "ON CONFLICT(name) DO UPDATE SET text = excluded.text "
                                    "WHERE text IS NOT excluded.text");
    if (insert.has_error()) return insert.error();
    return insert->bind(1, name).bind(2, text).run();
}

Result<std::optional<std::string>> read_meta(std::string const& journal, std::string_view name) {
    auto database = Database::open(journal, Database::Mode::read);
    if (database.has_error()) return database.error();
    // A journal has no such table before the first text is stored.
    auto const tables = database->number("SELECT count(*) FROM sqlite_master WHERE name = 'meta'");
    if (tables.has_error()) return tables.error();
    if (*tables == 0) return std::optional<std::string>();
    auto select = database->prepare("SELECT text FROM meta WHERE name = ?");
    if (select.has_error()) return select.error();
    ResetAtEnd const guard(*select);
    auto const row = select->bind(1, name).step();
    if (row.has_error()) return row.error();
    if (!*row) return std::optional<std::string>();
    return std::optional<std::string>(select->text(0));
}

} // namespace darkroom::store
