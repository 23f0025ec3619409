// The rule by which a run directory was divided into shards: it never changes.
#pragma once

#include "jobs/plan/plan.hpp"
#include "runner/cli/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::cli {

/// Returns the rule of a run directory; none when it was never run as a shard. Throws Quit: disk.
std::optional<jobs::ShardRule> shard_rule_of(std::string const& journal);

/// Lets a job that is run as a shard keep the rule of its run directory, or, in a new one, that of
/// the other shards beside it. Throws Quit: contradiction, when they were divided differently.
void keep_shard_rule(Job& job, std::string const& directory);

/// Stores the job's rule in its run directory. Throws Quit: disk.
void write_shard_rule(std::string const& journal, jobs::ShardRule rule);

/// Returns the rule that all these journals share; none when none of them is a shard. Throws Quit:
/// contradiction, disk.
std::optional<jobs::ShardRule> common_shard_rule(std::vector<std::string> const& journals);

} // namespace darkroom::cli
