// `schedule.keep`: what a run leaves of those before it.
#pragma once

#include "runner/cli/job.hpp"

namespace darkroom::cli {

/// Removes the pictures of older runs of the job's dated name that ended longer ago than its
/// schedule keeps them, as `darkroom clean --keep` does. Says what it removed, unless `is_quiet`,
/// and what went wrong: it never throws.
void keep_recent_runs(Job const& job, WallTime now, bool is_quiet);

} // namespace darkroom::cli
