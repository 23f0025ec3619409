// Tells which variables of a job come from the rows of its table.
#pragma once

#include "jobs/model/job_spec.hpp"

#include <string>

namespace darkroom::jobs {

bool is_axis(std::string const& name, JobSpec const& spec);
/// Returns true if a row may define the variable: a column does, or neither `vars` nor `matrix`.
bool is_of_row(std::string const& name, JobSpec const& spec);

} // namespace darkroom::jobs
