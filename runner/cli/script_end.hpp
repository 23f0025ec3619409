// The last words to a script.
#pragma once

#include "runner/cli/exit_code.hpp"

namespace darkroom::cli {

/// Keeps what the command line promises when the process ends. `failed`: an error has ended it
/// outside of a run, so that there is no other result.
void end_for_scripts(ExitCode code, bool failed);

} // namespace darkroom::cli
