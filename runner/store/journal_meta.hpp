// Texts that a run directory keeps besides its facts, by name, in the journal's database.
#pragma once

#include "runner/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// Stores a text under a name; durable when it returns. The database exists (SqliteJournal::open),
/// and only the caller's run uses it. Errors: SQLite's.
Result<> write_meta(std::string const& journal, std::string_view name, std::string_view text);

/// Returns the text last stored under `name`; none when there never was one. Errors: SQLite's; no
/// such database.
Result<std::optional<std::string>> read_meta(std::string const& journal, std::string_view name);

} // namespace darkroom::store
