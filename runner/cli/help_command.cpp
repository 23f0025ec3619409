// `darkroom help` and `darkroom version`
#include "runner/base/spelling.hpp"
#include "runner/cli/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

namespace darkroom::cli {

namespace {

constexpr auto about_help = "Prints the help text of a command: the same as COMMAND --help.";
constexpr auto about_version = "Prints the version.";

void check_command(Program const& program, std::string const& name) {
    auto const names = program.command_names();
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
    std::vector<std::string_view> const views(names.begin(), names.end());
    throw Quit(ExitCode::usage,
               fmt::format("there is no command '{}'{}\n'darkroom help' lists the commands.", name,
                           did_you_mean(name, views)));
}

} // namespace

void add_help(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("help", about_help);
    command.footer(exit_codes_of_others);
    auto const name = std::make_shared<std::string>();
    auto const as_manual = std::make_shared<bool>(false);
    command.add_option("COMMAND", *name, "its name; without it: the list of commands");
    command.add_flag("--man", *as_manual, "print the manual page of all commands, for 'man -l -'");
    command.callback([&program, &command_line, name, as_manual] {
        command_line.action = [&program, name, as_manual] {
            check_command(program, *name);
            print(*as_manual ? man_page(program.table()) : program.help(*name));
            return ExitCode::ok;
        };
    });
}

void add_version(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("version", about_version);
    command.footer(exit_codes_of_others);
    command.callback([&command_line] {
        command_line.action = [] {
            print_line("darkroom " DARKROOM_VERSION);
            return ExitCode::ok;
        };
    });
}

} // namespace darkroom::cli
