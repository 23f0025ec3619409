// What a job file says about the names of its files, looked at where it is written.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

namespace darkroom::jobs {

/// What is wrong with `output.layout` is an error at its place.
void check_layout(Member const& layout, Findings& findings);
/// Warns of variables that no job of `file` has: they leave a gap in every name.
void check_layout_variables(Member const& output, JobFile const& file, Findings& findings);

} // namespace darkroom::jobs
