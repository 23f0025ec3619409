#include "runner/engine/settlement.hpp"

#include "runner/engine/retry.hpp"
#include "runner/engine/tiles.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// A task that has not ended by then never will.
constexpr auto task_life_max = 24h;

Problem problem_of(std::string code, std::string message) {
    Problem problem;
    problem.verdict = Verdict::transient;
    problem.code = std::move(code);
    problem.message = std::move(message);
    return problem;
}

Problem no_such_task() {
    return problem_of("not_found", "the answer was lost, and the service never took the request");
}

Problem never_sent() { return problem_of("not_sent", "the run ended before the request left"); }

Problem interrupted() {
    return problem_of("interrupted", "the run ended before there was an answer");
}

Problem too_old(std::string task_id) {
    auto problem = problem_of("timeout", "the task has not ended within 24 hours");
    problem.verdict = Verdict::generation;
    problem.task_id = std::move(task_id);
    return problem;
}

/// Returns why the task that was found has failed; null when it has not.
Problem const* failure_of(Found const& found) {
    return found.record.outcome ? std::get_if<Problem>(&*found.record.outcome) : nullptr;
}

/// A message says first what happened, then why it is still unknown.
constexpr std::string_view doubt_begins = "; ";

std::string first_part(std::string const& message) {
    return message.substr(0, message.find(doubt_begins));
}

/// Counts a step among those that wait for a listing.
class SearchingStep {
public:
    explicit SearchingStep(RunControl& control) : control_(control) { control_.begin_search(); }
    SearchingStep(SearchingStep const&) = delete;
    SearchingStep& operator=(SearchingStep const&) = delete;
    ~SearchingStep() { control_.end_search(); }

private:
    RunControl& control_;
};

/// The part of an identity that names the service.
std::string_view service_of(std::string_view identity) {
    return identity.substr(0, identity.find('#'));
}

/// Returns whether a failure must be confirmed by the task's record before the step is sent again.
bool is_to_be_confirmed(Verdict verdict, StepState const& state, Problem const& problem) {
    bool const is_named = !state.task_id.empty() || !problem.task_id.empty();
    bool const would_be_sent_again =
        verdict == Verdict::generation || verdict == Verdict::transient || verdict == Verdict::rate;
    return is_named && would_be_sent_again;
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
    : clock_(ports.clock), provider_(ports.provider), observer_(ports.observer), options_(options),
      parts_(parts) {}

awaitable<StepOutcome> Settlement::settle(StepRun& run, Outcome outcome) {
    if (auto* problem = std::get_if<Problem>(&outcome))
        co_return co_await settle_failure(run, std::move(*problem), Word::heard);
    auto const price = run.state.price;
    auto const& named = std::get<Answer>(outcome).task_id;
    // Where another directory has the task as well, such as a copy of this one, the step keeps its
    // result all the same: to let go of it would mean to pay for it once more.
    parts_.ledger.note_paid(run.key, named.empty() ? run.state.task_id : named);
    Finished finished{std::get<Answer>(std::move(outcome)), price, !run.sent_at};
    complete_tiles(run.state.info, finished.answer);
    if (!finished.by_earlier_run) {
        // Before it is durable: a run that is stopped now has caused it all the same.
        parts_.admission.count(run.state.account, price);
        ++parts_.tally.paid;
        parts_.tally.cost += price;
    }
    count_word(run);
    if (finished.answer.task_id.empty()) {
        LostRequest answered = lost_request(run.key, run.state);
        answered.answered_at = clock_.wall();
        parts_.follower.known().note_answered(std::move(answered));
    }
    co_await parts_.log.record(run, std::move(finished));
    parts_.admission.charge(run.state.account, price);
    parts_.control.count_success();
    run.rate_in_a_row = 0;
    co_return StepOutcome::answered;
}

awaitable<StepOutcome> Settlement::settle_late(StepRun& run) {
    auto const price = run.state.price;
    auto const late = std::exchange(run.late_answer, nullptr);
    Finished finished{std::move(late->answer), price};
    // Its image belongs to that account, whoever sent the last attempt.
    if (late->account != run.state.account) finished.account = late->account;
    parts_.admission.charge_again(late->account, price); // it was given back when it failed
    parts_.ledger.charge_again(run.key, finished.answer.task_id, late->account, price);
    parts_.admission.count(late->account, price);
    ++parts_.tally.paid;
    parts_.tally.cost += price;
    co_await parts_.log.record(run, std::move(finished));
    co_return StepOutcome::answered;
}

awaitable<void> Settlement::charge_again(StepRun& run) {
    auto const price = run.state.price;
    auto const late = std::exchange(run.late_answer, nullptr);
    ChargedAgain fact{late->answer.task_id, price};
    if (late->account != run.state.account) fact.account = late->account;
    parts_.admission.charge_again(late->account, price);
    parts_.ledger.charge_again(run.key, fact.task_id, late->account, price);
    parts_.admission.count(late->account, price);
    ++parts_.tally.paid;
    ++parts_.tally.charged_again;
    parts_.tally.cost += price;
    co_await parts_.log.record(run, std::move(fact));
}

awaitable<StepOutcome> Settlement::settle_failure(StepRun& run, Problem problem, Word word) {
    Attempt const so_far{run.state.attempts, run.rate_in_a_row, parts_.jitter.next()};
    Decision decision = decide(problem, so_far, options_.retry);
    bool const is_doubted =
        word == Word::heard && is_to_be_confirmed(problem.verdict, run.state, problem);
    if (is_doubted) {
        problem.verdict = Verdict::unknown; // until its record has said the same
        decision = {Remedy::look_up, {}};
    }
    run.wait = decision.wait;
    bool const is_slower = decision.remedy == Remedy::slow_down;
    run.rate_in_a_row = is_slower ? run.rate_in_a_row + 1 : 0;
    if (is_slower) slow_down(run);
    bool const is_fresh = co_await has_fresh_link(run, problem.verdict);
    if (is_fresh) decision.remedy = Remedy::again;
    bool const is_word = decision.remedy != Remedy::look_up && problem.status != 0;
    if (is_word) count_word(run);
    std::string const task_id = run.state.task_id.empty() ? problem.task_id : run.state.task_id;
    Failed failed;
    switch (decision.remedy) {
    case Remedy::again:
    case Remedy::slow_down:
        failed.problem = problem;
        co_await fail(run, std::move(failed));
        show_retry(run, problem);
        if (!task_id.empty()) parts_.follower.known().note_failure(task_id, run.state.account);
        co_return StepOutcome::try_again;
    case Remedy::look_up:
        if (task_id.empty()) count_loss(run, problem);
        failed.problem = problem;
        co_await fail(run, std::move(failed));
        observer_.on_waiting({run.key, problem, Duration(), true});
        co_return StepOutcome::lost;
    case Remedy::give_up:
        if (problem.verdict == Verdict::rejected)
            parts_.follower.known().note_rejection(task_id);
        else if (!task_id.empty())
            parts_.follower.known().note_failure(task_id, run.state.account);
        co_await parts_.log.give_up(run, std::move(problem));
        parts_.admission.release(run.state.account, run.state.price);
        if (parts_.ledger.is_on()) co_await parts_.ledger.settle_free(run.key);
        co_return StepOutcome::given_up;
    case Remedy::leave:
        failed.problem = std::move(problem);
        co_return co_await leave(run, std::move(failed));
    case Remedy::stop_paying:
        parts_.admission.park(run.state.account, problem);
        failed.problem = problem;
        co_await fail(run, std::move(failed));
        if (!parts_.control.stopping() && !run.parent) show_retry(run, problem);
        co_return StepOutcome::account_parked;
    case Remedy::stop_all: break;
    }
    parts_.control.end_run(RunEnd::disk_failed, Error(error_code(), problem.message));
    co_return StepOutcome::disk_failed;
}

/// Nothing was taken, as often as it was tried: the next run begins with all attempts again.
awaitable<StepOutcome> Settlement::leave(StepRun& run, Failed failed) {
    Problem const problem = failed.problem;
    failed.left = true;
    co_await fail(run, std::move(failed));
    ++parts_.tally.left;
    parts_.control.count_failure(problem);
    co_return StepOutcome::left_wanted;
}

void Settlement::count_loss(StepRun const& run, Problem const& problem) {
    parts_.admission.on_loss(run.state.account);
    parts_.control.count_loss(run.sent_at.value_or(Time()), problem.message);
}

void Settlement::count_word(StepRun const& run) {
    parts_.admission.on_word(run.state.account);
    parts_.control.count_word();
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
    observer_.on_waiting({run.key, problem, run.wait, true});
}

/// The service may reject a request because the link of the image above has ended, without saying
/// so. A fresh link is worth one more attempt.
awaitable<bool> Settlement::has_fresh_link(StepRun& run, Verdict verdict) {
    if (verdict != Verdict::rejected || !run.works_by_link()) co_return false;
    if (run.links_refused++ > 0) co_return false;
    co_return co_await parts_.delivery.refresh_link(run);
}

awaitable<StepOutcome> Settlement::look_up(StepRun& run) {
    auto const& state = run.state;
    auto const order = state.order != 0 || state.attempt == 0
                           ? std::optional(state.order)
                           : parts_.marks.order_of(state.attempt, state.boot);
    bool const is_free = !run.sent_at && state.task_id.empty() && state.attempt != 0;
    if (is_free && order == 0u && !parts_.ledger.has_left(run.key)) {
        Problem unsent = never_sent();
        co_return co_await settle_absence(run, std::move(unsent));
    }
    run.state.order = order.value_or(0);
    Found found = co_await find_task(run);
    if (found.refusal) parts_.admission.park(state.account, *found.refusal);
    if (found.what == Found::What::absent) {
        Problem absent = no_such_task();
        co_return co_await settle_absence(run, std::move(absent));
    }
    if (found.what == Found::What::unknown) co_return co_await stay_unknown(run, std::move(found));
    auto const age =
        parts_.follower.service_clock().age(run.sent_at, state.submitted_at, state.service_ahead);
    auto const* failure = failure_of(found);
    if (failure == nullptr) {
        Outcome outcome = std::move(*found.record.outcome);
        co_return co_await settle(run, std::move(outcome));
    }
    Problem problem = *failure;
    bool const only_timed_out = problem.verdict == Verdict::unknown;
    if (only_timed_out && age < options_.patience) co_return co_await stay_unknown(run, Found());
    if (only_timed_out) problem.verdict = Verdict::generation;
    if (state.by_search) co_return co_await set_aside(run, std::move(problem));
    co_return co_await settle_failure(run, std::move(problem), Word::confirmed);
}

/// The service never took the attempt: it uses up none.
awaitable<StepOutcome> Settlement::settle_absence(StepRun& run, Problem problem) {
    Attempt const so_far{run.state.absences, 0, parts_.jitter.next()};
    auto const decision = decide(problem, so_far, options_.retry);
    Failed failed;
    failed.problem = std::move(problem);
    failed.is_absent = true;
    if (decision.remedy == Remedy::leave) co_return co_await leave(run, std::move(failed));
    run.wait = decision.wait;
    show_retry(run, failed.problem);
    co_await fail(run, std::move(failed));
    co_return StepOutcome::try_again;
}

/// An equal request's task that failed is no proof that ours did: look for another.
awaitable<StepOutcome> Settlement::set_aside(StepRun& run, Problem failure) {
    SetAside fact{run.state.task_id, "it failed: " + failure.message};
    co_await parts_.log.record(run, std::move(fact));
    parts_.ledger.set_aside(run.key);
    co_return StepOutcome::lost;
}

/// A task with an id that has not ended within a day never will.
awaitable<StepOutcome> Settlement::stay_unknown(StepRun& run, Found found) {
    auto const& state = run.state;
    auto const age =
        parts_.follower.service_clock().age(run.sent_at, state.submitted_at, state.service_ahead);
    bool const is_seen = !state.task_id.empty() && !state.by_search;
    if (is_seen && age >= task_life_max && !found.refusal) {
        Problem problem = too_old(state.task_id);
        co_return co_await settle_failure(run, std::move(problem), Word::confirmed);
    }
    bool const is_named = !state.task_id.empty();
    auto const otherwise = is_named ? Doubt::not_ended : Doubt::cannot_ask;
    auto const why = words_for(found.doubt == Doubt::none ? otherwise : found.doubt);
    bool const has_problem = !state.problem.code.empty() || !state.problem.message.empty();
    bool const is_crash = state.lost_at == WallTime() || !has_problem;
    if (is_crash || !state.problem.message.ends_with(why)) {
        Problem problem = is_crash ? interrupted() : state.problem;
        problem.verdict = Verdict::unknown;
        problem.message =
            first_part(problem.message) + std::string(doubt_begins) + std::string(why);
        Failed failed;
        failed.problem = std::move(problem);
        failed.order = state.order;
        co_await parts_.log.record(run, std::move(failed));
    }
    parts_.admission.abandon(run.state.account);
    if (run.sent_at) parts_.ledger.lose(run.key);
    co_return StepOutcome::no_word;
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
    auto const identity = provider_.identity_of(state.account);
    bool const is_same_service =
        state.identity.empty() || service_of(identity) == service_of(state.identity);
    if (!is_same_service) {
        Found found;
        found.doubt = Doubt::other_identity;
        co_return found;
    }
    if (state.task_id.empty()) {
        Found found = co_await search(run);
        if (found.what != Found::What::record) co_return found;
        Accepted adopted;
        adopted.task_id = found.record.task_id;
        adopted.by_search = true;
        adopted.order = state.order;
        co_await parts_.log.record(run, std::move(adopted));
        parts_.follower.known().note_task(known_task(run.key, state, clock_.wall()));
        bool const has_last_word = found.record.outcome.has_value();
        if (has_last_word) co_return found;
    }
    co_return co_await parts_.follower.follow(state.task_id, state.account);
}

/// The order is forgotten after another run, or a reboot; not what was sent before it was written.
SendOrder Settlement::bounds_of(StepState const& state) const {
    auto bounds = parts_.marks.bounds_of(state.attempt, state.boot);
    if (state.sent_after != 0) bounds.first = std::max(bounds.first, state.sent_after + 1);
    return bounds;
}

/// A request that nobody knows the fate of gives its place back, not its money.
awaitable<Found> Settlement::search(StepRun& run) {
    run.permit.reset();
    // what an earlier run sent keeps its place in the ledger, as long as it may run
    if (run.sent_at) parts_.ledger.lose(run.key);
    LostRequest lost = lost_request(run.key, run.state);
    if (run.state.order == 0) lost.order = bounds_of(run.state);
    SearchingStep const searching(parts_.control);
    co_return co_await parts_.follower.search(std::move(lost), run.sent_at);
}

/// Records a failed attempt. What was reserved is given back, unless the outcome is unknown.
awaitable<void> Settlement::fail(StepRun& run, Failed failed) {
    bool const is_settled = failed.problem.verdict != Verdict::unknown;
    failed.order = run.state.order;
    co_await parts_.log.record(run, std::move(failed));
    if (!is_settled) co_return;
    parts_.admission.release(run.state.account, run.state.price);
    if (parts_.ledger.is_on()) co_await parts_.ledger.settle_free(run.key);
}

} // namespace darkroom::engine
