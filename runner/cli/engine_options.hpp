// The engine's options, out of those of a run.
#pragma once

#include "runner/cli/run_request.hpp"
#include "runner/engine/run_options.hpp"

namespace darkroom::cli {

/// Reads the picks so far, too. Throws Quit.
engine::EngineOptions engine_options_of(RunRequest const& request);

} // namespace darkroom::cli
