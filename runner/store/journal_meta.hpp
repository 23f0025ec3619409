// Texts that a run directory keeps besides its facts, by name, in the journal's database.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// When a text is durable.
enum class Durability {
    now,  ///< When the call returns.
    soon, ///< Not after a power failure; but then nobody has to wait for the disk meanwhile.
};

/// Stores a text under a name. The database exists (SqliteJournal::open),
/// and only the caller's run uses it. Errors: SQLite's.
Result<> write_meta(std::string const& journal, std::string_view name, std::string_view text,
                    Durability durability = Durability::now);

/// Returns the text last stored under `name`; none when there never was one. Errors: SQLite's; no
/// such database.
Result<std::optional<std::string>> read_meta(std::string const& journal, std::string_view name);

/// Gives a run its number: above `above` and those of all earlier runs. Durable when it returns.
/// Errors: SQLite's; damaged_journal.
Result<std::uint64_t> begin_run(std::string const& journal, std::uint64_t above = 0);
/// Returns the number of the last run; 0 without one. Errors: as of read_meta(); damaged_journal.
Result<std::uint64_t> last_run(std::string const& journal);
/// Stores that the last run had at least this number.
Result<> write_last_run(std::string const& journal, std::uint64_t number);

/// Returns whether a service at this URL has spoken to this run directory: whether it has answered
/// as only the service does. In a directory of version 0.1 that names tasks, every URL has: nothing
/// else is known. Errors: as of read_meta().
Result<bool> has_spoken(std::string const& journal, std::string_view url);
/// Stores that the service at this URL has spoken. Errors: SQLite's.
Result<> write_spoken(std::string const& journal, std::string_view url);

} // namespace darkroom::store
