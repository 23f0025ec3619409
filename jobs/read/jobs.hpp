// Reads `jobs:` and `defaults:` as a whole.
#pragma once

#include "jobs/read/job_context.hpp"
#include "jobs/yaml/values.hpp"

#include <memory>
#include <vector>

namespace darkroom::jobs {

/// Returns the jobs of the file in their order; `defaults` may be null. Jobs with errors are part
/// of the list; their errors are in the findings.
std::vector<std::shared_ptr<JobSpec const>> read_jobs(Member const& jobs, Member const* defaults,
                                                      JobContext& context);

} // namespace darkroom::jobs
