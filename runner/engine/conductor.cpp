// The life of a paid step, from wanted to its last word. What comes next is decided by the step
// machine; admission, delivery and the control of the run are objects of their own.
#include "runner/engine/conductor.hpp"

#include "runner/base/split_mix.hpp"
#include "runner/engine/follower_options.hpp"
#include "runner/engine/step_listener.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace darkroom::engine {

namespace {

/// Returns why the image above cannot be asked for this step; nothing when it can.
std::optional<Problem> not_offered(StepRun const& run) {
    auto const action = run.step.request.action();
    if (!run.parent || run.step.request.service->is_taken_by_any(action)) return std::nullopt;
    auto const& offered = run.parent->actions;
    if (std::find(offered.begin(), offered.end(), action) != offered.end()) return std::nullopt;
    Problem problem;
    problem.verdict = Verdict::rejected;
    problem.code = "not_offered";
    problem.message = fmt::format("the image does not offer '{}'; it offers: {}", action,
                                  fmt::join(offered, ", "));
    return problem;
}

/// Returns the highest number of sending that the journal knows.
std::uint64_t last_order(Journal& journal) {
    std::uint64_t last = 0;
    for (auto const& task : journal.recent_tasks(1)) last = task.order;
    for (auto const& [key, state] : journal.unsettled_steps())
        last = std::max({last, state.order, state.attempt});
    return last;
}

/// Expects a result that is an outcome.
Outcome outcome_of(SubmitResult result) {
    if (auto* problem = std::get_if<Problem>(&result)) return std::move(*problem);
    return std::get<Answer>(std::move(result));
}

bool is_charge(Fact const& fact) {
    return std::holds_alternative<Finished>(fact) || std::holds_alternative<ChargedAgain>(fact);
}

} // namespace

Conductor::Conductor(boost::asio::any_io_executor executor, Ports ports, EngineOptions options)
    : ports_(ports), options_(std::move(options)), counted_marks_(last_order(ports.journal)),
      marks_(ports.marks != nullptr ? *ports.marks : counted_marks_), jitter_(options_.seed),
      room_(executor), step_tasks_(executor), helper_tasks_(executor),
      ledger_(ports_, options_, run_ender()),
      follower_(executor, ports.clock, ports.provider, follower_options(options_)),
      admission_(executor, ports_, options_, {helper_tasks_, room_, run_ender(), ledger_}),
      delivery_(executor, ports_, options_,
                {follower_, admission_.accounts(), *this, jitter_, tally_, run_ender()}),
      active_steps_(executor, room_), control_(executor, ports_, options_,
                                               {follower_, admission_, delivery_, active_steps_,
                                                step_tasks_, helper_tasks_, room_, tally_}),
      settlement_(
          ports_, options_,
          {follower_, admission_, marks_, delivery_, control_, ledger_, *this, jitter_, tally_}),
      late_words_(follower_.known(), ports_.journal,
                  {settlement_, delivery_, active_steps_, running_, *this, step_tasks_, tally_}) {
    constexpr std::size_t remembered_tasks = 1000; // witnesses, and a clock, for what is left
    follower_.known().set_is_claimed(
        [this](std::string const& task) { return ports_.journal.knows_task(task); });
    auto known = ports_.journal.recent_tasks(remembered_tasks);
    for (auto task = known.rbegin(); task != known.rend(); ++task)
        follower_.known().note_earlier(*task, ports_.clock.now());
    if (!ledger_.is_on()) return;
    follower_.use(ledger_);
    recent_tasks_ = std::move(known);
}

EndRun Conductor::run_ender() {
    return [this](RunEnd end, Error why) { control_.end_run(end, std::move(why)); };
}

awaitable<RunResult> Conductor::run(ItemSource items) {
    std::function<void(jobs::Step)> begin = [this](jobs::Step step) {
        begin_step(std::move(step), nullptr);
    };
    std::exception_ptr defect;
    begin_helpers();
    try {
        if (ledger_.is_on()) co_await enter_in_ledger();
        begin_what_is_left();
        co_await control_.feed(items, std::move(begin));
        co_await step_tasks_.join();
        admission_.end_if_spent();
        step_tasks_.spawn(ask_about_failed());
        co_await step_tasks_.join();
    } catch (...) { // kept, and rethrown below once nothing of this run is left
        defect = std::current_exception();
        step_tasks_.cancel();
    }
    while (defect && step_tasks_.size() > 0) {
        try {
            co_await step_tasks_.join();
        } catch (boost::system::system_error const&) {
            // Other steps may fail while they end; the first defect is the one to report.
        }
    }
    helper_tasks_.cancel();
    co_await helper_tasks_.join();
    if (defect) std::rethrow_exception(defect);
    co_return control_.conclude();
}

void Conductor::begin_helpers() {
    has_callbacks_ = ports_.provider.attend(helper_tasks_, follower_);
    if (has_callbacks_) follower_.expect_updates();
    helper_tasks_.spawn(control_.end_searches_at_last());
    auto const& accounts = admission_.accounts();
    for (std::size_t i = 0; i < accounts.size(); ++i)
        helper_tasks_.spawn(look_up_for(accounts.name_of(i)));
}

/// Without look-ups, what waits for one would wait for ever: the run ends when the journal cannot
/// be read.
awaitable<void> Conductor::look_up_for(std::string account) {
    try {
        co_await follower_.run(std::move(account));
    } catch (boost::system::system_error const& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw;
        control_.end_run(RunEnd::disk_failed, Error(error.code(), error.what()));
    }
}

/// A task that was called failed may have succeeded after all, when nobody looked any more.
awaitable<void> Conductor::ask_about_failed() {
    bool const can_ask = ports_.provider.task_access() != TaskAccess::none;
    if (can_ask && !control_.stopping()) co_await follower_.ask_about_failed();
}

void Conductor::begin_what_is_left() {
    bool has_lost_text = false;
    for (auto& [key, state] : ports_.journal.unsettled_steps()) {
        active_steps_.begin(key);
        has_lost_text = has_lost_text || (state.task_id.empty() && makes_text(state.info));
        step_tasks_.spawn(settle_left(key, std::move(state)));
    }
    if (has_lost_text) note_unnamed();
}

/// Texts are answered without an id. Where one is lost, a listing is easier to understand when the
/// tasks of the others are known.
void Conductor::note_unnamed() {
    constexpr std::size_t most = 200;
    for (auto& [key, state] : ports_.journal.recent_unnamed(most)) {
        state.order = marks_.order_of(state.attempt, state.boot).value_or(0);
        follower_.known().note_answered(lost_request(key, state));
    }
}

/// Settles what an earlier run left half-way, because it may be paid for: whether or not the plan
/// still wants the step, and whether or not this run may buy more.
awaitable<void> Conductor::settle_left(Digest key, StepState state) {
    StepLock const lock(active_steps_, key);
    StepRun run;
    run.key = key;
    run.state = std::move(state);
    run.priority = Priority{0, order_++};
    RunningStep const running(running_, run);
    auto outcome = StepOutcome::ready;
    if (ledger_.is_on()) co_await take_name_from_ledger(run);
    while (next_action(run.state.phase, outcome) == Action::look_up)
        outcome = co_await settlement_.look_up(run);
    run.step.download = run.state.info.download;
    if (next_action(run.state.phase, outcome) == Action::deliver) outcome = co_await deliver(run);
    end_step(run, outcome);
}

void Conductor::begin_step(jobs::Step step, std::shared_ptr<ParentImage const> parent) {
    StepRun run;
    run.key = step.key;
    run.step = std::move(step);
    run.parent = std::move(parent);
    step_tasks_.spawn(run_step(std::move(run)));
}

awaitable<void> Conductor::run_step(StepRun run) {
    while (active_steps_.contains(run.key)) co_await active_steps_.until_ended(run.key);
    StepLock const lock(active_steps_, run.key);
    read_state(run);
    RunningStep const running(running_, run);
    bool const was_in_vain =
        run.left == StepOutcome::no_word || run.left == StepOutcome::left_wanted;
    auto outcome = was_in_vain ? run.left : StepOutcome::ready;
    for (;;) {
        if (run.late_answer && run.state.phase == Phase::wanted)
            outcome = co_await settlement_.settle_late(run);
        if (run.late_answer && run.state.phase == Phase::finished)
            co_await settlement_.charge_again(run);
        auto const action = next_action(run.state.phase, outcome);
        if (action != Action::look_up) run.permit.reset(); // the request is not open any more
        switch (action) {
        case Action::submit: outcome = co_await submit(run); break;
        case Action::wait:
            if (run.wait > Duration()) co_await control_.rest(run.wait);
            outcome = StepOutcome::ready;
            break;
        case Action::look_up: outcome = co_await settlement_.look_up(run); break;
        case Action::deliver:
            begin_children(run);
            outcome = co_await deliver(run);
            break;
        case Action::give_up: ++tally_.failed; co_return co_await skip_below(run.step);
        case Action::done:
            ++(outcome == StepOutcome::delivered ? tally_.done : tally_.failed);
            co_return end_step(run, outcome);
        case Action::park: co_return end_step(run, outcome);
        }
    }
}

void Conductor::resume() {
    control_.count_fact(); // the time of the pause does not count
    admission_.resume();
}

void Conductor::set_limits(int concurrency, double rate) {
    options_.limits.concurrency = concurrency;
    options_.limits.rate = rate;
    admission_.set_limits(options_.limits);
}

void Conductor::read_state(StepRun& run) {
    run.state = ports_.journal.find(run.key).value_or(StepState());
    run.priority = Priority{-run.step.depth(), order_++};
    auto const left = left_.find(run.key);
    if (left != left_.end()) run.left = left->second;
}

/// An equal step need not try in this run what this one has tried in vain.
void Conductor::end_step(StepRun const& run, StepOutcome outcome) {
    switch (outcome) {
    case StepOutcome::no_word:
    case StepOutcome::left_wanted:
    case StepOutcome::undelivered: left_.insert_or_assign(run.key, outcome); break;
    default: break;
    }
}

/// Sends the request and records what came of it.
awaitable<StepOutcome> Conductor::submit(StepRun& run) {
    auto const held_back = co_await prepare(run);
    if (held_back) co_return *held_back;
    Outcome outcome = co_await send(run);
    // The service has a place free, whether or not the journal has the answer yet.
    if (std::holds_alternative<Answer>(outcome)) run.permit.reset();
    co_return co_await settlement_.settle(run, std::move(outcome));
}

/// Asks for admission and records the intent. Completes with why the request is not sent; with
/// nothing when it may leave. A coroutine of its own: a stream that waits should hold little.
awaitable<std::optional<StepOutcome>> Conductor::prepare(StepRun& run) {
    if (options_.settle_only || is_cancelled(run)) {
        ++tally_.left;
        co_return StepOutcome::no_turn;
    }
    if (auto problem = not_offered(run)) co_return co_await refuse(run, std::move(*problem));
    if (delivery_.link_is_dying(run)) co_await delivery_.refresh_link(run);
    AccountWish wish;
    wish.price = options_.prices.of(run.step.request.action());
    if (run.parent) wish.owner = run.parent->account;
    wish.is_dropped = [this, &run] { return is_cancelled(run); };
    if (ledger_.is_on()) {
        wish.step = &run.key;
        wish.request = request_digest(info_of(run.step, run.above()));
        wish.attempt = marks_.next_attempt();
    }
    auto const attempt = wish.attempt;
    auto const price = wish.price;
    auto admitted = co_await admission_.admit(std::move(wish), run.priority);
    if (admitted.nobody) co_return co_await leave_wanted(run, std::move(*admitted.nobody));
    if (admitted.held) co_return co_await take_over(run, std::move(*admitted.held), price);
    bool const is_dropped = is_cancelled(run);
    if (!admitted.permit) {
        tally_.left += is_dropped ? 1 : 0;
        co_return StepOutcome::no_turn;
    }
    run.permit = std::move(admitted.permit);
    if (run.late_answer || is_dropped) { // since the step waited for its turn
        co_await give_back(run, price);
        tally_.left += run.late_answer ? 0 : 1;
        co_return run.late_answer ? StepOutcome::ready : StepOutcome::no_turn;
    }
    // Nothing is bought that cannot be saved. What is open ends as always: it has its room.
    if (auto const room = ports_.images.check_room(admission_.accounts().open());
        room.has_error()) {
        co_await give_back(run, price);
        control_.end_run(RunEnd::no_room, room.error());
        co_return StepOutcome::no_turn;
    }
    Submitted intent = intent_of(run, price, attempt != 0 ? attempt : marks_.next_attempt());
    co_await record(run, std::move(intent));
    co_return std::nullopt;
}

Submitted Conductor::intent_of(StepRun const& run, jobs::Micros price, std::uint64_t attempt) {
    Submitted intent;
    intent.info = info_of(run.step, run.above());
    intent.account = run.permit->account();
    intent.price = price;
    intent.identity = ports_.provider.identity_of(intent.account);
    intent.attempt = attempt;
    if (has_callbacks_) {
        SplitMix64 tags(options_.seed ^
                        intent.attempt); // no attempt of the directory has another's
        intent.tag = fmt::format("{:016x}", tags.next());
    }
    intent.boot = marks_.boot();
    intent.sent_after = marks_.last_order();
    intent.service_ahead = follower_.service_clock().ahead();
    return intent;
}

awaitable<Outcome> Conductor::send(StepRun& run) {
    Submission submission = submission_of(run);
    run.sent_at = ports_.clock.now();
    StepListener listener(ports_, {follower_, admission_, marks_, ledger_}, run);
    auto result = co_await ports_.provider.submit(std::move(submission), listener);
    listener.take(result);
    auto* const acknowledged = std::get_if<Acknowledged>(&result);
    if (acknowledged == nullptr) co_return outcome_of(std::move(result));
    AcknowledgedTask task(std::move(acknowledged->task_id), run.state.account);
    co_return co_await follower_.wait_for(std::move(task), listener);
}

awaitable<StepOutcome> Conductor::deliver(StepRun& run) {
    if (run.left == StepOutcome::undelivered) co_return run.left;
    if (!run.step.download) co_return StepOutcome::delivered;
    co_return co_await delivery_.deliver(run);
}

void Conductor::begin_children(StepRun const& run) {
    auto const& state = run.state;
    auto const& answer = state.answer;
    auto const parent = std::make_shared<ParentImage const>(
        ParentImage{{answer.image_id, answer.url}, answer.actions, state.account, state.task_id});
    auto below = jobs::below(run.step, parent->actions, options_.picks);
    tally_.waiting += below.waiting;
    for (auto& step : below.steps) begin_step(std::move(step), parent);
}

awaitable<void> Conductor::give_up(StepRun& run, Problem problem) {
    Failed failed{std::move(problem), true, std::nullopt};
    co_await record(run, std::move(failed));
    control_.count_failure(run.state.problem);
}

/// Truth first, then memory, then the views.
awaitable<void> Conductor::record(StepRun& run, Fact fact) {
    return record_at(run, std::move(fact), ports_.clock.wall());
}

awaitable<void> Conductor::record_at(StepRun& run, Fact fact, WallTime at) {
    Event event{run.key, at, std::move(fact)};
    auto charge = unheard_.end();
    if (is_charge(event.fact)) charge = unheard_.insert(charge, event);
    Result<> const written = co_await ports_.journal.append(event);
    if (charge != unheard_.end()) unheard_.erase(charge);
    if (written.has_error()) {
        control_.end_run(RunEnd::disk_failed, written.error());
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    control_.count_fact();
    run.state.apply(event);
    ports_.observer.on_event(event, run.state);
}

} // namespace darkroom::engine
