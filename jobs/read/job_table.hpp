// Finds and opens the table that `prompts:` names.
#pragma once

#include "jobs/read/job_context.hpp"
#include "jobs/read/job_draft.hpp"

#include <memory>

namespace darkroom::jobs {

/// Returns the table of `prompts:`, opened once for all jobs that read it, or null with an error.
std::shared_ptr<Table const> open_table(TableDraft const& draft, JobContext& context);

} // namespace darkroom::jobs
