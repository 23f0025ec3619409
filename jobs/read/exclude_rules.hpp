// Reads `exclude:`, the combinations that a job leaves out.
#pragma once

#include "jobs/read/job_draft.hpp"

#include <vector>

namespace darkroom::jobs {

/// Returns the rules; a key or a value that the matrix does not have is an error.
std::vector<Variables> read_exclude(JobDraft const& draft, std::vector<Axis> const& matrix,
                                    Findings& findings);

} // namespace darkroom::jobs
