// The first step of a job.
#pragma once

#include "jobs/read/branches.hpp"
#include "jobs/read/job_draft.hpp"

namespace darkroom::jobs {

/// Returns the draft without the keys that its kind does not take: they came from the defaults.
JobDraft without_foreign(JobDraft draft);

/// Returns the origin of the first step, and sets its endpoint and fields in `spec`. `where` is the
/// place of the job's entry.
Origin read_start(JobDraft const& draft, Where const& where, JobSpec& spec, Findings& findings);

} // namespace darkroom::jobs
