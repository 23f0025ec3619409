// Checks the names of files in a job file.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

namespace darkroom::jobs {

/// Adds errors in `output.layout` at their place.
void check_layout(Member const& layout, Findings& findings);
/// Warns of variables that no job of `file` has: they leave a gap in every name.
void check_layout_variables(Member const& output, JobFile const& file, Findings& findings);

} // namespace darkroom::jobs
