#include "runner/engine/settlement.hpp"

#include "runner/engine/retry.hpp"
#include "runner/engine/tiles.hpp"

#include <utility>
#include <variant>

namespace darkroom::engine {

namespace {

Problem no_such_task() {
    Problem problem;
    problem.verdict = Verdict::transient;
    problem.code = "not_found";
    problem.message = "the answer was lost and the service knows of no such task";
    return problem;
}

/// Returns why the task that was found has failed; null when it has not.
Problem const* failure_of(Found const& found) {
    return found.record.outcome ? std::get_if<Problem>(&*found.record.outcome) : nullptr;
}

/// Returns whether a service can be asked about an open request.
bool can_ask(TaskAccess access, StepState const& state) {
    switch (access) {
    case TaskAccess::listing: return true;
    case TaskAccess::by_id: return !state.task_id.empty();
    case TaskAccess::none: break;
    }
    return false;
}

} // namespace

Settlement::Settlement(Ports const& ports, EngineOptions const& options, SettlementParts parts)
    : provider_(ports.provider), observer_(ports.observer), options_(options), parts_(parts) {}

awaitable<StepOutcome> Settlement::settle(StepRun& run, Outcome outcome) {
    if (auto* problem = std::get_if<Problem>(&outcome))
        co_return co_await settle_failure(run, std::move(*problem));
    auto const price = run.state.price;
    Finished finished{std::get<Answer>(std::move(outcome)), price};
    complete_tiles(run.state.info, finished.answer);
    if (run.sent_at) { // else an earlier run caused it
        // Before it is durable: a run that is stopped now has caused it all the same.
        parts_.admission.count(run.state.account, price);
        ++parts_.tally.paid;
        parts_.tally.cost += price;
    }
    co_await parts_.log.record(run, std::move(finished));
    parts_.admission.charge(run.state.account, price);
    parts_.control.count_success();
    run.rate_in_a_row = 0;
    co_return StepOutcome::answered;
}

awaitable<StepOutcome> Settlement::settle_failure(StepRun& run, Problem problem) {
    Attempt const so_far{run.state.attempts, run.rate_in_a_row, parts_.jitter.next()};
    Decision decision = decide(problem, so_far, options_.retry);
    run.wait = decision.wait;
    bool const is_slower = decision.remedy == Remedy::slow_down;
    run.rate_in_a_row = is_slower ? run.rate_in_a_row + 1 : 0;
    if (is_slower) slow_down(run);
    bool const is_fresh = co_await has_fresh_link(run, problem.verdict);
    if (is_fresh) decision.remedy = Remedy::again;
    switch (decision.remedy) {
    case Remedy::again:
    case Remedy::slow_down:
        show_retry(run, problem);
        co_await fail(run, std::move(problem));
        co_return StepOutcome::try_again;
    case Remedy::look_up:
        observer_.on_waiting({run.key, problem, Duration()});
        co_await fail(run, std::move(problem));
        co_return StepOutcome::lost;
    case Remedy::give_up:
        co_await parts_.log.give_up(run, std::move(problem));
        parts_.admission.release(run.state.account, run.state.price);
        co_return StepOutcome::given_up;
    case Remedy::stop_paying:
        parts_.admission.park(run.state.account, problem);
        if (!parts_.control.stopping() && !run.parent) show_retry(run, problem);
        co_await fail(run, std::move(problem));
        co_return StepOutcome::account_parked;
    case Remedy::stop_all: break;
    }
    parts_.control.end_run(RunEnd::disk_failed, Error(error_code(), problem.message));
    co_return StepOutcome::disk_failed;
}

/// Slows the account down. A step that any account may pay for does not wait for the one that got a
/// 429.
void Settlement::slow_down(StepRun& run) {
    auto const sent = run.sent_at.value_or(Time());
    bool const other_pays = parts_.admission.slow_down(run.state.account, sent, run.wait);
    if (other_pays && !run.parent) run.wait = Duration();
}

void Settlement::show_retry(StepRun const& run, Problem const& problem) {
    ++parts_.tally.retries;
    observer_.on_waiting({run.key, problem, run.wait});
}

/// The service may reject a request because the link of the image above has ended, without saying
/// so. A fresh link is worth one more attempt.
awaitable<bool> Settlement::has_fresh_link(StepRun& run, Verdict verdict) {
    if (verdict != Verdict::rejected || !run.works_by_link()) co_return false;
    if (run.links_refused++ > 0) co_return false;
    co_return co_await parts_.delivery.refresh_link(run);
}

awaitable<StepOutcome> Settlement::look_up(StepRun& run) {
    Found found = co_await find_task(run);
    auto const* failure = failure_of(found);
    if (failure != nullptr && run.state.by_search) {
        // An equal request's task that failed is no proof that ours did: look for another.
        Problem not_ours = *failure;
        not_ours.verdict = Verdict::unknown;
        co_await fail(run, std::move(not_ours));
        co_return StepOutcome::lost;
    }
    if (found.refusal) parts_.admission.park(run.state.account, *found.refusal);
    bool const says_nothing = failure != nullptr && failure->verdict == Verdict::unknown;
    if (found.what == Found::What::unknown || says_nothing) {
        parts_.admission.abandon(run.state.account);
        co_return StepOutcome::no_word;
    }
    Outcome outcome = no_such_task();
    if (found.what == Found::What::record) outcome = std::move(*found.record.outcome);
    co_return co_await settle(run, std::move(outcome));
}

/// Asks by the task's id; when that is not known, first searches the tasks that belong to nobody.
awaitable<Found> Settlement::find_task(StepRun& run) {
    auto const& state = run.state;
    if (!parts_.admission.accounts().find(state.account)) { // no other account can see the task
        parts_.admission.report_parked(state.account, no_such_account(state.account));
        co_return Found();
    }
    bool const is_asked_here = state.info.service == options_.service;
    if (!is_asked_here || !can_ask(provider_.task_access(), state)) co_return Found(); // unknown
    if (state.task_id.empty()) {
        auto const endpoint = std::string(state.info.service->endpoint_of(state.info.action).path);
        LostRequest lost{state.info.request, state.submitted_at, state.account, endpoint};
        Found found = co_await parts_.follower.search(std::move(lost));
        if (found.what != Found::What::record || found.record.outcome) co_return found;
        Accepted adopted{found.record.task_id, true};
        co_await parts_.log.record(run, std::move(adopted));
    }
    co_return co_await parts_.follower.follow(state.task_id, state.account);
}

/// Records a failed attempt. What was reserved is given back, unless the outcome is unknown.
awaitable<void> Settlement::fail(StepRun& run, Problem problem) {
    bool const is_settled = problem.verdict != Verdict::unknown;
    Failed failed{std::move(problem), false, std::nullopt};
    co_await parts_.log.record(run, std::move(failed));
    if (is_settled) parts_.admission.release(run.state.account, run.state.price);
}

} // namespace darkroom::engine
