// Finds out how the columns and lines of a table are separated. Pure.
#pragma once

#include "jobs/table/cells.hpp"

#include <optional>

namespace darkroom::jobs {

/// The characters that may stand between columns without being named in the job file; the first is
/// the usual one.
constexpr std::string_view usual_delimiters = ",;\t|";

/// The rules that the beginning of a table shows.
struct Sniffed {
    char delimiter = ',';
    std::size_t skipped = 0; ///< Bytes of the line `sep=;` in front, with its line end.
};

/// Returns true for a text whose line ends outside quotes are all CR alone.
bool ends_lines_with_cr(std::string_view piece, bool has_quotes);

/// Looks at the beginning of a CSV file. `is_whole`: nothing follows it. `given`: the delimiter
/// that the job file names. A comma is found whenever it fits.
Sniffed sniff_csv(std::string_view piece, bool is_whole, std::optional<char> given);

} // namespace darkroom::jobs
