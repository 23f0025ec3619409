// The options of the task follower, out of those of the run.
#pragma once

#include "runner/engine/run_options.hpp"
#include "runner/engine/task_follower.hpp"

namespace darkroom::engine {

/// `options` outlives the result: its limits may change during the run.
FollowerOptions follower_options(EngineOptions const& options);

} // namespace darkroom::engine
