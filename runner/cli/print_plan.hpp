// Prints the plan of a job: for `plan` and for `run --dry-run`.
#pragma once

#include "runner/cli/job.hpp"

namespace darkroom::cli {

/// Prints the estimate of a job to standard output, as a table or as one JSON object.
void print_plan(Job const& job, bool as_json);

} // namespace darkroom::cli
