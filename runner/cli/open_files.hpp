// The system's limit of open files.
#pragma once

#include "jobs/model/job_file.hpp"

#include <string>

namespace darkroom::cli {

/// Raises the limit of open files as far as the system allows. Too few would fail requests
/// half-way, after paying. Throws Quit(usage) if the job file needs more.
void raise_open_files_limit(jobs::JobFile const& file);
/// Returns why the run of a job file cannot have these limits; "" when it can.
std::string lack_of_files(jobs::JobFile const& file, jobs::Limits const& limits);

} // namespace darkroom::cli
