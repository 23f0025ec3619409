// A hook that is a command: it gets the summary of a run on its standard input.
#pragma once

#include "jobs/model/hooks.hpp"
#include "runner/base/error.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// Returns why the program cannot be started, with advice; "" when it can. It is sought in PATH, as
/// a shell does it, unless its name has a slash.
std::string why_no_program(std::string const& name);

/// Runs the command with `input` on its standard input. What it prints goes to our standard error.
/// Blocks until it ends, until its deadline, or until a noted stop signal; then its process group
/// is ended. `hidden`: variables of the environment that it does not get. Errors, which name the
/// program: it cannot be started, fails, or is ended.
Result<> run_hook_command(jobs::Hook const& hook, std::string const& input,
                          std::vector<std::string> const& hidden);

} // namespace darkroom::cli
