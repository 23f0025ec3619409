// Checks a merged job and turns it into one that can be expanded.
#pragma once

#include "jobs/read/job_context.hpp"
#include "jobs/read/job_draft.hpp"

namespace darkroom::jobs {

/// Checks a job that is merged with the defaults, opens its table and counts its items. `id` has
/// the place of the job's entry.
JobSpec check_job(JobDraft draft, Text id, JobContext& context);

} // namespace darkroom::jobs
