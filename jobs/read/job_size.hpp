// Counts the items of a job and refuses a job that has none or too many.
#pragma once

#include "jobs/read/job_context.hpp"

namespace darkroom::jobs {

/// Places for the errors about a job's size.
struct JobPlaces {
    Where entry;
    Where max_items;
};

/// Counts the combinations of `job` into it and checks the number of its items.
void check_job_size(JobSpec& job, JobPlaces const& where, JobContext& context);

/// Adds an error at `where` when a text of the prompt is empty. A choice or a default may be empty,
/// but not the whole text. `words` is the prompt with prefix and suffix, without parameters. Of
/// very many texts only the first ones are checked.
void check_blank(JobSpec const& job, Template const& words, Where const& where, Findings& findings);

} // namespace darkroom::jobs
