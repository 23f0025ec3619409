// Prints the plan of a job: for `plan` and for `run --dry-run`.
#pragma once

#include "runner/cli/job.hpp"

#include <string>

namespace darkroom::cli {

/// The form of a plan.
struct PlanForm {
    std::string directory; ///< The run directory, which need not exist.
    bool as_json = false;
    bool whole = false; ///< The table has the whole job, not only what is still to be paid.
};

/// Prints what the next run would pay to standard output, as a table or as one JSON object. A shard
/// keeps the rule of its run directory. Throws Quit.
void print_plan(Job& job, PlanForm const& form);

} // namespace darkroom::cli
