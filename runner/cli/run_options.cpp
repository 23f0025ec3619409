#include "runner/cli/run_options.hpp"

#include "runner/base/text.hpp"
#include "runner/cli/option_checks.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace darkroom::cli {

void add_run_options(CLI::App& command, RunOptions& options) {
    command.add_option("--progress", options.asked.progress, "auto, bars, plain, json or none")
        ->check(CLI::IsMember({"auto", "bars", "plain", "json", "none"}))
        ->type_name("FORM");
    command.add_flag("--json", options.json, "print the summary as one JSON object on stdout");
    command.add_flag("-q,--quiet", options.asked.quiet, "print only problems");
    command.add_flag("-v,--verbose", options.verbose,
                     "print service, limits and directory at the start");
    command.add_flag("-y,--yes", options.yes, "ask no question");
    command.add_option("--token-file", options.token_file, "read the token from this file")
        ->check(not_empty())
        ->type_name("PATH");
    command
        .add_option("--grace", options.grace, "how long open generations may finish after Ctrl-C")
        ->type_name("TIME");
    command.add_option("--log", options.log_file, "append every event to this file")
        ->check(not_empty())
        ->type_name("FILE");
    command
        .add_option("--record", options.record,
                    "write all requests and answers there, for 'serve --replay'")
        ->check(not_empty())
        ->type_name("FILE");
}

void look_around(RunOptions& options, Everywhere const& everywhere) {
    auto asked = asked_of_environment(everywhere);
    asked.progress = options.asked.progress;
    asked.quiet = options.asked.quiet;
    options.asked = std::move(asked);
}

Say say_of(RunOptions const& options) {
    auto const look = report::choose(options.asked);
    bool const is_for_people = look.form == report::Form::bars || look.form == report::Form::plain;
    return is_for_people && !look.quiet ? Say::all : Say::errors;
}

RunRequest request_of(RunOptions const& options, Job job, std::string directory) {
    RunRequest request;
    auto const grace = parse_duration(options.grace);
    if (!grace)
        throw Quit(ExitCode::usage, "--grace " + options.grace + ": use a time like 30s or 5m");
    request.job = std::move(job);
    request.directory = std::move(directory);
    request.token_file = options.token_file;
    request.log_file = options.log_file;
    request.record = options.record;
    request.look = report::choose(options.asked);
    request.grace = *grace;
    request.verbose = options.verbose;
    request.json = options.json;
    return request;
}

} // namespace darkroom::cli
