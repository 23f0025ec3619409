// Steps that are not sent: refused, skipped, left to the next run, or given back.
#include "runner/engine/conductor.hpp"

#include <optional>
#include <utility>

namespace darkroom::engine {

/// Records that a step can never be sent.
awaitable<StepOutcome> Conductor::refuse(StepRun& run, Problem problem) {
    Failed refused{std::move(problem), true, info_of(run.step, run.above())};
    co_await record(run, std::move(refused));
    co_return StepOutcome::given_up;
}

/// Records everything wanted below a failed step as skipped.
awaitable<void> Conductor::skip_below(jobs::Step const& failed) {
    auto below = jobs::below(failed, std::nullopt, options_.picks).steps;
    while (!below.empty()) {
        StepRun run;
        run.step = std::move(below.back());
        below.pop_back();
        run.key = run.step.key;
        run.state = ports_.journal.find(run.key).value_or(StepState());
        ++tally_.skipped;
        for (auto& step : jobs::below(run.step, std::nullopt, options_.picks).steps)
            below.push_back(std::move(step));
        if (run.state.phase != Phase::wanted) continue;
        Skipped skipped{info_of(run.step), "the step above failed"};
        co_await record(run, std::move(skipped));
    }
}

/// Nobody can pay for a follow-up in this run, because only its image's account could: it stays
/// wanted, and the next run resumes it.
awaitable<StepOutcome> Conductor::leave_wanted(StepRun& run, Problem why) {
    ++tally_.stranded;
    admission_.report_parked(run.parent->account, why);
    auto const& last = run.state.problem;
    if (last.code == why.code && last.message == why.message) co_return StepOutcome::no_account;
    Failed failed{std::move(why), false, info_of(run.step, run.above())};
    co_await record(run, std::move(failed));
    co_return StepOutcome::no_account;
}

/// A request that was admitted does not leave after all.
awaitable<void> Conductor::give_back(StepRun const& run, jobs::Micros price) {
    admission_.release(run.permit->account(), price);
    if (ledger_.is_on()) co_await ledger_.settle_free(run.key);
}

/// The ledger contradicts the journal: the step is not sent, and the next run asks again.
awaitable<StepOutcome> Conductor::hold(StepRun& run) {
    Problem why;
    why.verdict = Verdict::transient;
    why.code = "in_the_ledger";
    why.message = "the ledger has a request of this step that this directory does not know";
    ++tally_.left;
    Failed failed{std::move(why), false, info_of(run.step, run.above())};
    failed.left = true;
    co_await record(run, std::move(failed));
    co_return StepOutcome::left_wanted;
}

} // namespace darkroom::engine
