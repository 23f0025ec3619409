// The commands. Each adds itself to the parser and, when it is chosen, sets the action to run.
#pragma once

#include "runner/cli/command.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"

#include <functional>
#include <memory>
#include <string>

namespace darkroom::cli {

/// The work of a command; runs after the whole command line is parsed. Throws Quit.
using Action = std::function<ExitCode()>;

/// Collects the options of all commands, and the action of the one that was chosen.
struct CommandLine {
    GlobalOptions globals;
    Action action;
};

void add_init(Program& program, CommandLine& command_line);
void add_help(Program& program, CommandLine& command_line);
void add_version(Program& program, CommandLine& command_line);
void add_run(Program& program, CommandLine& command_line);
void add_validate(Program& program, CommandLine& command_line);
void add_plan(Program& program, CommandLine& command_line);
void add_diff(Program& program, CommandLine& command_line);
void add_schedule(Program& program, CommandLine& command_line);
void add_status(Program& program, CommandLine& command_line);
void add_pick(Program& program, CommandLine& command_line);
void add_merge(Program& program, CommandLine& command_line);
void add_retry(Program& program, CommandLine& command_line);
void add_resolve(Program& program, CommandLine& command_line);
void add_ledger(Program& program, CommandLine& command_line);
void add_audit(Program& program, CommandLine& command_line);
void add_ctl(Program& program, CommandLine& command_line);
void add_gallery(Program& program, CommandLine& command_line);
void add_verify(Program& program, CommandLine& command_line);
void add_clean(Program& program, CommandLine& command_line);
void add_export(Program& program, CommandLine& command_line);
void add_report(Program& program, CommandLine& command_line);
void add_schema(Program& program, CommandLine& command_line);
void add_completion(Program& program, CommandLine& command_line);
void add_serve(Program& program, CommandLine& command_line);

/// Reads the command line, runs the command and returns the exit code. Never throws.
int run_program(int argc, char** argv);

} // namespace darkroom::cli
