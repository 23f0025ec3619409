#include "runner/base/spelling.hpp"
#include "runner/cli/commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

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
std::string hint_of(CLI::App const& app, int argc, char** argv) {
    if (argc < 2) return {};
    std::vector<std::string> names;
    for (auto const* command : app.get_subcommands({})) names.push_back(command->get_name());
    std::vector<std::string_view> const views(names.begin(), names.end());
    std::string_view const first = argv[1];
    if (std::find(views.begin(), views.end(), first) != views.end()) return {};
    return did_you_mean(first, views);
}

ExitCode explain(CLI::App const& app, CLI::ParseError const& error, std::string const& hint) {
    if (error.get_exit_code() == 0) { // --help or --version
        app.exit(error);
        return ExitCode::ok;
    }
    complain(fmt::format("darkroom: {}{}", error.what(), hint));
    complain("'darkroom --help' lists the commands, 'darkroom COMMAND --help' their options.");
    return ExitCode::usage;
}

ExitCode run_command_line(int argc, char** argv) {
    CLI::App app(about, "darkroom");
    CommandLine command_line;
    app.option_defaults()->take_last(); // of two equal options the later one wins
    app.set_version_flag("--version", "darkroom " DARKROOM_VERSION);
    app.set_help_flag("-h,--help", "print this help");
    app.add_flag("--no-color", command_line.globals.no_colour, "use no colours, like NO_COLOR=1");
    app.require_subcommand(1);
    for (auto* add : {add_run, add_plan, add_validate, add_diff, add_status, add_pick, add_merge,
                      add_retry, add_schema, add_serve})
        add(app, command_line);
    for (auto* command : app.get_subcommands({})) command->fallthrough();
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        return explain(app, error, hint_of(app, argc, argv));
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
