// `darkroom retry DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/run_options.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/cli/trusted_job.hpp"

namespace darkroom::cli {

namespace {

constexpr auto about_retry =
    R"(Runs the failed steps of a run directory again, and resumes the run.
It uses the job file and the options of the last run.

Examples:
  darkroom retry out/cars
  darkroom retry out/cars --progress plain --json
  darkroom retry out/cars --trust         its job file is gone: use the text it keeps
)";

struct RetryOptions {
    std::string directory;
    bool is_trusted = false;
    RunOptions run;
};

} // namespace

void add_retry(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("retry", about_retry);
    command.footer(exit_codes_of_run);
    auto const options = std::make_shared<RetryOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_flag("--trust", options->is_trusted, trust_help);
    add_run_options(command, options->run);
    command.callback([&command_line, options] {
        command_line.action = [&command_line, options] {
            apply_environment(options->run, command_line.globals);
            stop_before_the_run();
            check_age_of(options->directory);
            auto job =
                trusted_job(options->directory, verbosity_of(options->run), options->is_trusted);
            auto request = request_of(options->run, std::move(job), options->directory);
            request.retry_failed = true;
            return run_when_free(request, options->run);
        };
    });
}

} // namespace darkroom::cli
