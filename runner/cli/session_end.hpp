// What follows a run, once its files are closed: hooks, and the last words to scripts.
#pragma once

#include "runner/cli/hooks.hpp"
#include "runner/cli/log_file.hpp"
#include "runner/cli/run_pages.hpp"
#include "runner/cli/run_request.hpp"
#include "runner/report/summary.hpp"

#include <memory>
#include <optional>

namespace darkroom::cli {

/// A run that has ended.
struct SessionEnd {
    ExitCode code = ExitCode::internal;
    report::Closing closing;
    std::unique_ptr<LogFile> log;  ///< Never null.
    std::optional<PagePlace> page; ///< Where viewers expect the gallery; none if nobody does.
};

/// Writes the last line for those who read lines, of standard error and of the log.
void say_end(SessionEnd& end, RunRequest const& request, WallTime at);

/// Runs the hooks, says the end, and keeps the page. Call it when the run directory is free.
ExitCode after_session(SessionEnd end, RunRequest const& request, RunHooks const& hooks);

} // namespace darkroom::cli
