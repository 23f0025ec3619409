#include "runner/cli/run_start.hpp"

#include "runner/cli/job_walk.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

std::string warning_of_rehearsal(RunRequest const& request) {
    bool const was_rehearsal = store::exists(request.directory + "/service");
    if (!was_rehearsal || request.job.file.is_local()) return {};
    return fmt::format("warning: {} has pictures of the built-in service: they count as done, and "
                       "this run does not buy them. For real ones give another --output",
                       request.directory);
}

report::Start start_of(RunStart const& run) {
    report::Start start;
    auto const& file = run.request.job.file;
    start.name = file.name;
    start.items = run.plan.items;
    start.begun = run.begun;
    start.steps = run.plan.steps.expected;
    start.budget = file.budget;
    start.currency = file.shown_currency();
    auto const before = run.journal.totals();
    start.paid = before.paid;
    start.cost = before.cost;
    bool const is_shown = run.request.display.form == report::Form::bars ||
                          run.request.display.form == report::Form::json ||
                          !run.request.dashboard.empty() || !run.request.metrics.empty() ||
                          run.request.log_form == report::Form::json;
    if (!is_shown) return start;
    if (is_big(run.request.job, run.plan)) {
        auto const done = run.journal.counts_at_open().of(engine::Phase::finished);
        start.done = std::min(static_cast<std::uint64_t>(done), start.steps);
        return start;
    }
    auto const is_tried_again = [&run](Digest const& step) {
        return run.retries.all.contains(step);
    };
    auto const next = next_run_of(run.request.job, run.request.job.plan, run.request.directory,
                                  {{}, is_tried_again});
    start.steps = next.by_state().all;
    start.done = next.done;
    start.failed = next.failed;
    start.skipped = next.skipped;
    return start;
}

} // namespace darkroom::cli
