#include "runner/base/spelling.hpp"
#include "runner/cli/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <string_view>
#include <vector>

namespace darkroom::cli {

namespace {

constexpr auto about =
    R"(Buys pictures from a Midjourney-style image API in bulk, and never pays twice.

Examples:
  darkroom run cars.yaml                  runs a job file, or resumes it
  darkroom plan cars.yaml                 prints what would run, and its cost
  darkroom validate cars.yaml             checks it; sends nothing
  darkroom run cars.yaml --service local  tries it with the built-in service, free of charge
  darkroom status out/cars                prints what is done, failed or unknown
)";

/// Returns a hint at the command that was probably meant when the first word is not one.
std::string hint_of(Program const& program, int argc, char** argv) {
    if (argc < 2) return {};
    auto const names = program.command_names();
    std::vector<std::string_view> const views(names.begin(), names.end());
    std::string_view const first = argv[1];
    if (std::find(views.begin(), views.end(), first) != views.end()) return {};
    return did_you_mean(first, views);
}

ExitCode explain(std::string const& message, std::string const& hint) {
    complain(fmt::format("darkroom: {}{}", message, hint));
    complain("'darkroom --help' lists the commands, 'darkroom COMMAND --help' their options.");
    return ExitCode::usage;
}

ExitCode run_command_line(int argc, char** argv) {
    Program program(about, "darkroom", "darkroom " DARKROOM_VERSION);
    CommandLine command_line;
    program.add_flag("--no-color", command_line.globals.no_colour,
                     "use no colours, like NO_COLOR=1");
    for (auto* add : {add_run, add_plan, add_validate, add_diff, add_status, add_pick, add_merge,
                      add_retry, add_resolve, add_audit, add_schema, add_serve})
        add(program, command_line);
    auto const outcome = program.parse(argc, argv);
    switch (outcome.kind) {
    case Program::Outcome::Kind::chosen: break;
    case Program::Outcome::Kind::shown: return ExitCode::ok;
    case Program::Outcome::Kind::wrong:
        return explain(outcome.message, hint_of(program, argc, argv));
    }
    return command_line.action();
}

} // namespace

int run_program(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    auto code = ExitCode::internal;
    try {
        code = run_command_line(argc, argv);
    } catch (Quit const& quit) {
        code = quit.code;
        if (*quit.what() != '\0') complain(fmt::format("darkroom: {}", quit.what()));
    } catch (std::exception const& error) {
        complain(fmt::format("darkroom: internal error: {}. Nothing is lost: run it again to "
                             "continue, and please report this.",
                             error.what()));
    }
    return static_cast<int>(code);
}

} // namespace darkroom::cli
