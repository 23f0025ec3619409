// One run, from opening the run directory to the closing words.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/cli/run_request.hpp"

namespace darkroom::cli {

/// Runs, or resumes, to the end. Throws Quit for errors before the first request.
ExitCode run_session(RunRequest const& request);

} // namespace darkroom::cli
