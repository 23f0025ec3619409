// `--shard`: which part of a plan this process takes.
#pragma once

#include "jobs/plan/plan.hpp"

#include <optional>
#include <string>

namespace darkroom::cli {

/// "" is none, "2/8" the second of eight; "auto" asks the environment of a SLURM array job or of an
/// indexed Kubernetes job, which needs the number of parts as "auto/8" or JOB_COMPLETION_COUNT.
/// Throws Quit(usage).
std::optional<jobs::Shard> shard_of(std::string const& text);
/// "2/8".
std::string text_of(jobs::Shard const& shard);

} // namespace darkroom::cli
