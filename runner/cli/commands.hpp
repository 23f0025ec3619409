// The commands. Each adds itself to the parser and, when it is chosen, sets the action to run.
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

/// The work of a command; runs after the whole command line is parsed. Throws Quit.
using Action = std::function<ExitCode()>;

/// Collects the options of all commands, and the action of the one that was chosen.
struct CommandLine {
    GlobalOptions globals;
    Action action;
};

void add_run(CLI::App& app, CommandLine& command_line);
void add_validate(CLI::App& app, CommandLine& command_line);
void add_plan(CLI::App& app, CommandLine& command_line);
void add_diff(CLI::App& app, CommandLine& command_line);
void add_status(CLI::App& app, CommandLine& command_line);
void add_pick(CLI::App& app, CommandLine& command_line);
void add_merge(CLI::App& app, CommandLine& command_line);
void add_retry(CLI::App& app, CommandLine& command_line);
void add_schema(CLI::App& app, CommandLine& command_line);
void add_serve(CLI::App& app, CommandLine& command_line);

/// Reads the command line, runs the command and returns the exit code. Never throws.
int run_program(int argc, char** argv);

} // namespace darkroom::cli
