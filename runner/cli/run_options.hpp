// The options of the commands that run something: `run` and `retry`.
#pragma once

#include "runner/cli/console.hpp"
#include "runner/cli/session.hpp"

#include <string>

namespace darkroom::cli {

struct RunOptions {
    report::Asked asked;
    std::string token_file;
    std::string log_file;
    std::string record;
    std::string grace = "30s";
    bool json = false;
    bool yes = false;
    bool verbose = false;
};

/// --progress, -q, -v, --json, --yes, --log, --record, --grace, --token-file.
void add_run_options(CLI::App& command, RunOptions& options);
/// Adds what the environment and the terminal say, once the flags are read.
void look_around(RunOptions& options, Everywhere const& everywhere);
/// What of a job file's findings is printed at once: where nothing or nothing but objects may be,
/// the errors alone.
Say say_of(RunOptions const& options);
/// Throws Quit(usage) for a grace that is no duration.
RunRequest request_of(RunOptions const& options, Job job, std::string directory);

} // namespace darkroom::cli
