// The rows of manifests as one table, CSV or JSON lines.
#pragma once

#include "runner/export/chosen_rows.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace darkroom::exports {

/// Counts what a table has.
struct TableTally {
    std::uint64_t rows = 0;
    std::uint64_t duplicates = 0; ///< Left out by `dedup`.
};

/// Writes a row for each chosen line, in order, and before them the title of a CSV. Takes memory
/// for one row and the names of all variables; with `dedup` for 32 bytes a picture. Errors: of a
/// source, of `write`.
Result<TableTally> export_table(Sources const& sources, Options const& options,
                                std::function<Result<>(std::string_view)> const& write);

/// Returns a line of JSON with the member `directory` in front.
std::string with_directory(std::string const& line, std::string const& directory);

} // namespace darkroom::exports
