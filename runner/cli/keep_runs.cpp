#include "runner/cli/keep_runs.hpp"

#include "runner/base/time_text.hpp"
#include "runner/cli/clean_runs.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/dated_runs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

void keep_recent_runs(Job const& job, WallTime now, bool is_quiet) {
    if (!job.file.schedule || !job.file.schedule->keep) return;
    KeepRule rule;
    rule.age = job.file.schedule->keep;
    CleanWish wish;
    wish.pictures = true;
    try {
        auto runs = runs_to_clean(older_directories(job));
        look_at_runs(runs, rule, wish, now);
        std::erase_if(runs, [](CleanedRun const& run) { return run.state != "would_clean"; });
        for (auto& run : runs) {
            clean_run(run, wish, now);
            if (run.state == "failed")
                complain(fmt::format("warning: {}: {}", run.directory, run.reason));
        }
        if (!runs.empty() && !is_quiet)
            complain(fmt::format("Removed {} ('keep: {}' of the schedule)", sum_of_runs(runs),
                                 format_duration(*rule.age)));
    } catch (Quit const& quit) {
        complain(fmt::format("warning: older runs were not cleaned: {}", quit.what()));
    }
}

} // namespace darkroom::cli
