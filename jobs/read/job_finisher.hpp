// From a job as it is written to one that can be expanded.
#pragma once

#include "jobs/read/job_draft.hpp"
#include "jobs/read/job_entry.hpp"

namespace darkroom::jobs {

/// Checks what only shows once a job is merged with the defaults, opens its table and counts its
/// items. `id` has the place of the job's entry.
JobSpec finish_job(JobDraft draft, Text id, JobContext& context);

/// The table of `prompts:`, opened once for all jobs that read it; null with an error.
std::shared_ptr<Table const> open_table(TableDraft const& draft, JobContext& context);

} // namespace darkroom::jobs
