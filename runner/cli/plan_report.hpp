// What a job file would do, as text and as JSON. Opens no connection and no run directory.
#pragma once

#include "runner/cli/job.hpp"

#include <functional>
#include <string>

namespace darkroom::cli {

/// The table of `plan`: steps by action, then images, cost and time.
std::string plan_text(Job const& job);
/// The same as an object. docs/cli.md has the keys.
json::Value plan_json(Job const& job);
/// One of the two on standard output.
void print_plan(Job const& job, bool as_json);

/// Walks every step that the plan could want, parents first; with globs, all that could match.
/// Throws Quit(bad_file) when the input cannot be read on.
void for_each_step(Job const& job, std::function<void(jobs::Step const&)> const& take);

} // namespace darkroom::cli
