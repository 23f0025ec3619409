// The commands: each adds itself to the parser, and leaves what is to be done when it was chosen.
#pragma once

#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"

#include <functional>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace darkroom::cli {

/// Set by the command that was typed, run after everything is parsed. Throws Quit.
using Action = std::function<ExitCode()>;

/// What all commands share while the command line is read.
struct Desk {
    Everywhere everywhere;
    Action action;
};

void add_run(CLI::App& app, Desk& desk);
void add_validate(CLI::App& app, Desk& desk);
void add_plan(CLI::App& app, Desk& desk);
void add_diff(CLI::App& app, Desk& desk);
void add_status(CLI::App& app, Desk& desk);
void add_pick(CLI::App& app, Desk& desk);
void add_merge(CLI::App& app, Desk& desk);
void add_retry(CLI::App& app, Desk& desk);
void add_schema(CLI::App& app, Desk& desk);
void add_serve(CLI::App& app, Desk& desk);

/// The program: reads the command line, runs the command, gives the exit code. Never throws.
int main_of(int argc, char** argv);

} // namespace darkroom::cli
