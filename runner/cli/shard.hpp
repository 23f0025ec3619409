// `--shard`: the part of a plan that this process takes, and of the budget.
#pragma once

#include "jobs/plan/plan.hpp"
#include "runner/cli/job_options.hpp"

#include <optional>
#include <string>

namespace darkroom::cli {

/// Reads a shard: "" is none, "2/8" the second of eight. "auto" reads the environment of a SLURM
/// array job or of an indexed Kubernetes job; the latter needs the number of parts as "auto/8" or
/// in JOB_COMPLETION_COUNT. Throws Quit(usage).
std::optional<jobs::Shard> shard_of(std::string const& text);
/// Returns "2/8".
std::string text_of(jobs::Shard const& shard);

/// Refuses --budget-share without --shard. Throws Quit(usage).
void check_share(JobOptions const& options);

/// Leaves a shard its part of the budget, which is for all shards together: none knows what the
/// others spend. The parts make the whole. Throws Quit(usage) where there is something to share,
/// and `is_asked` is false.
void share_budget(jobs::Budget& budget, std::optional<jobs::Shard> const& shard, bool is_asked);

} // namespace darkroom::cli
