// The last words to a script.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/report/summary.hpp"

namespace darkroom::cli {

/// Keeps what the command line promises when the process ends. `failed`: an error has ended it
/// outside of a run, so that there is no other result.
void end_for_scripts(ExitCode code, bool failed);

/// Prints the summary and returns the exit code. The run has ended: a reader that is gone changes
/// nothing, and standard error says why the summary could not be written.
ExitCode print_summary(report::Closing const& closing, ExitCode code);

} // namespace darkroom::cli
