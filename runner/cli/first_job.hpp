// The text of a first job file. Pure.
#pragma once

#include <string>
#include <vector>

namespace darkroom::cli {

/// The table that a job file begins with.
struct FirstTable {
    std::string path; ///< As the job file shall name it: relative to its own directory.
    std::vector<std::string> columns;
};

/// Returns a commented job file that is right as it is: with the built-in service, at no cost.
/// `file` is its name, for the examples in its comments. `table`: null without one; it has at
/// least one column.
std::string first_job(std::string const& file, FirstTable const* table);

} // namespace darkroom::cli
