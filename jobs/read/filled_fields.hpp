// Texts of a job that variables fill in, and not the prompt language.
#pragma once

#include "jobs/model/job_spec.hpp"
#include "jobs/read/rows_check.hpp"
#include "jobs/read/text_check.hpp"

#include <string>
#include <vector>

namespace darkroom::jobs {

/// Returns the variables of a text for fill().
std::vector<VariableUse> uses_in(std::string_view text);
/// Returns the variables of a job and the first value of each axis.
Variables first_values(JobSpec const& spec);

/// Fills in every value of each axis in turn, the others at their first value, and adds the first
/// error. Returns true, without that, when a row defines one of the variables.
bool check_filled(FilledField const& field, Where const& where, JobSpec const& spec,
                  Findings& findings);

/// Sets the repeats of a job to those that a variable says, or has each row say them.
void read_repeat(Text const& text, JobSpec& spec, Findings& findings);

} // namespace darkroom::jobs
