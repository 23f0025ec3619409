// Warns of what is usually a mistake in the texts of a job.
#pragma once

#include "jobs/read/job_draft.hpp"

namespace darkroom::jobs {

/// Checks the texts, images and params of a job as they are written.
void lint_job(JobDraft const& draft, Findings& findings);

} // namespace darkroom::jobs
