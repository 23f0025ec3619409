// The job of a run directory, as its last run has read it.
#pragma once

#include "runner/cli/job_options.hpp"

#include <string>

namespace darkroom::cli {

/// The journal in `directory`. Throws Quit(no_input) when there is none.
std::string journal_of(std::string const& directory);

/// The job file and the options of the last run, read again. Throws Quit: no_input (no run
/// directory, or one that remembers no job file), disk, bad_file.
Job remembered_job(std::string const& directory, Say say = Say::all);

} // namespace darkroom::cli
