// `darkroom retry DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/run_options.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr auto about =
    R"(Runs the failed steps of a run directory again, with the job file and the options
of its last run, and goes on with whatever else is left.

Examples:
  darkroom retry out/cars
  darkroom retry out/cars --progress plain --json
)";

struct Options {
    std::string directory;
    RunOptions run;
};

Job remembered(std::string const& directory) {
    auto const path = directory + "/journal.db";
    if (!store::exists(path))
        throw Quit(ExitCode::no_input, fmt::format("{} is no run directory: it has no journal.db; "
                                                   "give the directory of a run, like out/cars",
                                                   directory));
    auto const memory = store::recall(path, memory_of_job);
    if (memory.has_error()) throw Quit(ExitCode::disk, memory.error().message());
    if (!*memory)
        throw Quit(ExitCode::no_input, fmt::format("{} does not remember its job file; use "
                                                   "'darkroom run FILE --output {}' once",
                                                   directory, directory));
    return from_memory(**memory);
}

} // namespace

void add_retry(CLI::App& app, Desk& desk) {
    auto* command = app.add_subcommand("retry", about);
    auto const options = std::make_shared<Options>();
    command->add_option("DIR", options->directory, "a run directory")->required();
    add_run_options(*command, options->run);
    command->callback([&desk, options] {
        desk.action = [&desk, options] {
            look_around(options->run, desk.everywhere);
            auto request =
                request_of(options->run, remembered(options->directory), options->directory);
            request.retry_failed = true;
            return run_session(request);
        };
    });
}

} // namespace darkroom::cli
