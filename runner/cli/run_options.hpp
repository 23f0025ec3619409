// The options of the commands that run something: `run` and `retry`.
#pragma once

#include "runner/cli/command.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/session.hpp"

#include <string>

namespace darkroom::cli {

struct RunOptions {
    report::DisplayRequest display;
    std::string token_file;
    std::string ledger;
    std::string campaign;
    std::string log_file;
    std::string log_format = "plain";
    std::string record;
    std::string dashboard;
    std::string metrics;
    std::string grace = "30s";
    std::string if_busy = "fail";
    int keep_exchanges = 0;
    bool json = false;
    bool yes = false;
    bool verbose = false;
};

/// --dashboard, --metrics, --progress, -q, -v, --json, --yes, --log, --log-format, --record,
/// --keep-exchanges, --grace, --if-busy, --token-file, --ledger,
/// --campaign.
void add_run_options(Command const& command, RunOptions& options);
/// Adds the wishes of the environment and the kind of terminal, after the flags are read.
void apply_environment(RunOptions& options, GlobalOptions const& globals);
/// Returns which findings of a job file are printed at once: only errors where standard error may
/// hold nothing else.
Verbosity verbosity_of(RunOptions const& options);
/// Runs it when its directory is free: see IfBusy. Throws Quit.
ExitCode run_when_free(RunRequest const& request, RunOptions const& options);
/// Builds the request of a run. Throws Quit(usage) for a grace that is not a duration.
RunRequest request_of(RunOptions const& options, Job job, std::string directory);

} // namespace darkroom::cli
