// The open files that a run needs.
#pragma once

#include "jobs/model/job_file.hpp"

namespace darkroom::cli {

/// Raises the limit of open files as far as the system allows. Too few would fail requests
/// half-way, after paying. Throws Quit(usage) when they are too few all the same.
void raise_open_files_limit(jobs::JobFile const& file);

} // namespace darkroom::cli
