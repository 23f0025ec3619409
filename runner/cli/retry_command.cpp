// `darkroom retry DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/remembered.hpp"
#include "runner/cli/run_options.hpp"

#include <CLI/CLI.hpp>

namespace darkroom::cli {

namespace {

constexpr auto about =
    R"(Runs the failed steps of a run directory again, with the job file and the options
of its last run, and then resumes the run.

Examples:
  darkroom retry out/cars
  darkroom retry out/cars --progress plain --json
)";

struct Options {
    std::string directory;
    RunOptions run;
};

} // namespace

void add_retry(CLI::App& app, Desk& desk) {
    auto* command = app.add_subcommand("retry", about);
    auto const options = std::make_shared<Options>();
    command->add_option("DIR", options->directory, "a run directory")->required();
    add_run_options(*command, options->run);
    command->callback([&desk, options] {
        desk.action = [&desk, options] {
            look_around(options->run, desk.everywhere);
            auto job = remembered_job(options->directory, say_of(options->run));
            auto request = request_of(options->run, std::move(job), options->directory);
            request.retry_failed = true;
            return run_session(request);
        };
    });
}

} // namespace darkroom::cli
