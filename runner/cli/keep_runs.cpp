#include "runner/cli/keep_runs.hpp"

#include "runner/base/time_text.hpp"
#include "runner/cli/clean_runs.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/dated_runs.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace darkroom::cli {

void keep_recent_runs(Job const& job, WallTime now, bool is_quiet) {
    if (!job.file.schedule || !job.file.schedule->keep) return;
    KeepRule rule;
    rule.age = job.file.schedule->keep;
    CleanWish wish;
    wish.pictures = true;
    bool const may_speak = !has_end_line();
    std::vector<CleanedRun> cleaned;
    for (auto const& directory : older_directories(job)) {
        try {
            auto runs = runs_to_clean({directory});
            look_at_runs(runs, rule, wish, now);
            clean_runs(runs, wish, now);
            for (auto& run : runs) {
                if (run.state == "failed" && may_speak)
                    complain(fmt::format("warning: {}: {}", run.directory, run.reason));
                if (run.state == "cleaned") cleaned.push_back(std::move(run));
            }
        } catch (Quit const& quit) {
            if (may_speak)
                complain(fmt::format("warning: {} was not cleaned: {}", directory, quit.what()));
        }
    }
    if (!cleaned.empty() && !is_quiet && may_speak)
        complain(fmt::format("Removed {} ('keep: {}' of the schedule)", sum_of_runs(cleaned),
                             format_duration(*rule.age)));
}

} // namespace darkroom::cli
