// Reads `ledger`.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

#include <string_view>

namespace darkroom::jobs {

/// Returns whether a text is the URL of a PostgreSQL database.
bool is_database(std::string_view text);

/// Reads `ledger` into its two members of the file.
void read_ledger(Member const& member, JobFile& file, Findings& findings);

} // namespace darkroom::jobs
