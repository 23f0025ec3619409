// `jobs:` and `defaults:` as a whole: each entry checked, merged and made ready to expand.
#pragma once

#include "jobs/job_spec.hpp"
#include "jobs/values.hpp"

#include <memory>
#include <vector>

namespace darkroom::jobs {

/// The jobs of the file in their order; `defaults` may be null. Faulty jobs are left out, with
/// their errors in `findings`. `strict`: unknown actions are errors.
std::vector<std::shared_ptr<JobSpec const>> read_jobs(Member const& jobs, Member const* defaults,
                                                      bool strict, Findings& findings);

} // namespace darkroom::jobs
