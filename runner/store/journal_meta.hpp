// What a run directory remembers beside its facts: words under names, in the journal's database.
#pragma once

#include "runner/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// Durable when it returns. The database is there already (SqliteJournal::open) and no run is at
/// work on it but the caller's. Errors: SQLite's.
Result<> remember(std::string const& journal, std::string_view name, std::string_view text);

/// The text last remembered under `name`; none when there never was one. Errors: SQLite's; no such
/// database.
Result<std::optional<std::string>> recall(std::string const& journal, std::string_view name);

} // namespace darkroom::store
