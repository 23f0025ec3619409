// The life of a paid step, from wanted to its last word. What may go when is in conductor_pace.cpp,
// the images are in conductor_images.cpp; what a failure means is decided in retry.cpp.
#include "runner/engine/conductor.hpp"

#include "runner/engine/life.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::engine {

/// Hears of a request under way. The first line's task id is journalled with the next commit:
/// losing it in a crash only means a longer look-up.
class Conductor::Listener final : public ProgressSink {
public:
    Listener(Conductor& conductor, Life& life) : conductor_(conductor), life_(life) {
        conductor_.look_ups_.begin_unnamed(life_.state.info.request);
    }
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;
    ~Listener() override { name_it(); }

    void on_task(std::string const& task_id) override {
        if (task_id == life_.state.task_id) return;
        Event const event{life_.key, conductor_.clock_.wall(), Accepted{task_id, false}};
        conductor_.journal_.note(event);
        life_.state.apply(event);
        conductor_.observer_.on_event(event, life_.state);
        name_it();
    }
    void on_percent(int percent) override { conductor_.observer_.on_progress(life_.key, percent); }

private:
    void name_it() {
        if (!std::exchange(unnamed_, false)) return;
        conductor_.look_ups_.end_unnamed(life_.state.info.request);
    }

    Conductor& conductor_;
    Life& life_;
    bool unnamed_ = true;
};

namespace {

Problem problem_of(Verdict verdict, std::string code, std::string message) {
    Problem problem;
    problem.verdict = verdict;
    problem.code = std::move(code);
    problem.message = std::move(message);
    return problem;
}

Problem no_such_task() {
    return problem_of(Verdict::transient, "not_found",
                      "the answer was lost and the service knows of no such task");
}

} // namespace

std::string_view name_of(RunEnd end) {
    constexpr std::array<std::string_view, 9> names{
        "all_done",        "some_failed", "budget_spent", "account_empty", "too_many_failures",
        "account_refused", "interrupted", "disk_failed",  "input_failed"};
    return names.at(static_cast<std::size_t>(end));
}

awaitable<void> Conductor::live(jobs::Step step, std::shared_ptr<Parent const> parent) {
    while (alive_.contains(step.key)) {
        auto& place = alive_[step.key];
        if (!place) place = std::make_shared<Gate>(executor_);
        std::shared_ptr<Gate> const gate = place; // the other life takes its own away
        co_await gate->wait();
    }
    OneLife const turn(*this, step.key);
    Life life;
    life.key = step.key;
    life.state = journal_.find(step.key).value_or(StepState());
    life.place = Place{-step.depth(), order_++};
    life.step = std::move(step);
    life.parent = std::move(parent);

    if (left_unknown_.contains(life.key)) life.parked = true;
    auto const unsettled = [&life] {
        return life.state.phase != Phase::finished && life.state.phase != Phase::failed;
    };
    while (unsettled() && !life.parked) {
        co_await attempt(life);
        if (life.wait > Duration()) co_await pause(std::exchange(life.wait, Duration()));
    }

    if (life.state.phase == Phase::finished) {
        begin_children(life);
        bool const failed_already = undelivered_.contains(life.key);
        if (life.step.download && !failed_already) co_await deliver(life);
        bool const failed = undelivered_.contains(life.key);
        if (!life.parked) ++(failed ? result_.tally.failed : result_.tally.done);
    } else if (life.state.phase == Phase::failed) {
        ++result_.tally.failed;
        co_await skip_below(life.step);
    }
}

/// What an earlier run left half-way is settled whether or not the plan still wants the step, and
/// whether or not this run may buy more: it may be paid for.
awaitable<void> Conductor::settle_left(Digest key, StepState state) {
    OneLife const turn(*this, key);
    Life life;
    life.key = key;
    life.state = std::move(state);
    life.place = Place{0, order_++};
    if (life.state.phase == Phase::open) co_await look_up(life);
    if (life.state.phase == Phase::finished && life.state.info.download) co_await deliver(life);
}

/// Wanted -> reserved -> its turn -> recorded -> sent -> settled.
awaitable<void> Conductor::attempt(Life& life) {
    if (life.state.phase == Phase::open) co_return co_await look_up(life);
    if (!is_offered(life)) {
        auto const wish = life.step.request.action();
        auto const message = fmt::format("the image does not offer '{}'; it offers: {}", wish,
                                         fmt::join(life.parent->actions, ", "));
        Problem problem = problem_of(Verdict::rejected, "not_offered", message);
        Failed refused{std::move(problem), true, info_of(life.step, life.above())};
        co_return co_await record(life, std::move(refused));
    }
    if (link_is_dying(life)) co_await refresh_link(life);
    AccountWish wish;
    wish.price = options_.prices.of(life.step.request.action());
    if (life.parent) wish.owner = life.parent->account;
    auto choice = choose_account(wish);
    if (choice.what == AccountChoice::What::none)
        co_return co_await leave_for_later(life, std::move(choice.why));
    life.parked = true; // unless all three doors open
    bool const affordable = co_await reserve(wish.price);
    if (!affordable) co_return;
    std::optional<OpenGeneration> const turn = co_await wait_for_turn(life, wish);
    if (!turn) {
        budget_.release(wish.price);
        settled_.wake_all();
        co_return;
    }
    life.parked = false;
    life.sent_by_this_run = true;
    Submitted intent{info_of(life.step, life.above()), life.payer, wish.price};
    co_await record(life, std::move(intent));
    Outcome outcome = co_await submit(life);
    co_await settle(life, std::move(outcome));
}

awaitable<Outcome> Conductor::submit(Life& life) {
    json::Value body = body_of(life.step, life.above());
    Submission submission{life.step.request.endpoint, json::write(body), life.state.account};
    body = json::Value();
    life.sent_at = clock_.now();
    Listener listener(*this, life);
    Outcome outcome = co_await provider_.submit(std::move(submission), listener);
    if (auto const* answer = std::get_if<Answer>(&outcome)) listener.on_task(answer->task_id);
    co_return outcome;
}

/// The outcome of a request becomes a fact.
awaitable<void> Conductor::settle(Life& life, Outcome outcome) {
    if (auto* answer = std::get_if<Answer>(&outcome))
        co_return co_await pay_for(life, std::move(*answer));
    Problem problem = std::get<Problem>(std::move(outcome));
    Attempt const so_far{life.state.attempts, life.rate_in_a_row, chance()};
    Decision decision = decide(problem, so_far, options_.retry);
    life.wait = decision.wait;
    if (decision.cure == Cure::slow_down) slow_down(life, decision);
    life.rate_in_a_row = decision.cure == Cure::slow_down ? life.rate_in_a_row + 1 : 0;
    bool const fresh = co_await is_cured_by_a_fresh_link(life, problem.verdict);
    if (fresh) decision.cure = Cure::again;
    switch (decision.cure) {
    case Cure::again:
    case Cure::slow_down:
        ++result_.tally.retries;
        observer_.on_waiting({life.key, problem, life.wait});
        co_await fail(life, std::move(problem), false);
        break;
    case Cure::look_up:
        observer_.on_waiting({life.key, problem, Duration()});
        co_await fail(life, std::move(problem), false);
        co_await look_up(life);
        break;
    case Cure::give_up: co_await fail(life, std::move(problem), true); break;
    case Cure::stop_paying:
        stop_paying(life, problem);
        if (!stopping_ && !life.parent) { // another account may pay for it
            ++result_.tally.retries;
            observer_.on_waiting({life.key, problem, Duration()});
        }
        co_await fail(life, std::move(problem), false);
        break;
    case Cure::stop_all: end_run(RunEnd::disk_failed, Error(error_code(), problem.message)); break;
    }
}

/// What is rejected may be the link of the image above, which need not tell its end: another link
/// is worth one more try.
awaitable<bool> Conductor::is_cured_by_a_fresh_link(Life& life, Verdict verdict) {
    bool const doubtful = verdict == Verdict::rejected && life.works_by_link();
    if (!doubtful || std::exchange(life.link_doubted, true)) co_return false;
    co_return co_await refresh_link(life);
}

/// Sent, no last word: the service is asked before anything else happens to the step.
awaitable<void> Conductor::look_up(Life& life) {
    Found found;
    for (;;) {
        found = co_await find_task(life);
        auto const* outcome = found.record.outcome ? &*found.record.outcome : nullptr;
        auto const* failure = outcome != nullptr ? std::get_if<Problem>(outcome) : nullptr;
        if (failure == nullptr || !life.state.by_search) break;
        // An equal request's task that went wrong is no proof that ours did: look for another.
        Problem not_ours = *failure;
        not_ours.verdict = Verdict::unknown;
        co_await fail(life, std::move(not_ours), false);
    }
    if (found.refusal) stop_paying(life, *found.refusal);
    if (found.what == Found::What::no_word) co_return leave_unknown(life);
    Outcome outcome = no_such_task();
    if (found.what == Found::What::record) outcome = std::move(*found.record.outcome);
    co_await settle(life, std::move(outcome));
}

/// By its id; when that is not known, first among the tasks that nobody has.
awaitable<Found> Conductor::find_task(Life& life) {
    if (!payer_of(life)) { // nobody else can tell of it, and no word is no proof
        tell_of(life.state.account, no_such_account(life.state.account));
        co_return Found();
    }
    if (life.state.task_id.empty()) {
        auto const& info = life.state.info;
        auto const endpoint = std::string(jobs::endpoint_of(info.action).path);
        LostRequest lost{info.request, life.state.submitted_at, life.state.account, endpoint};
        Found found = co_await look_ups_.search(std::move(lost));
        if (found.what != Found::What::record || found.record.outcome) co_return found;
        Accepted adopted{found.record.task_id, true};
        co_await record(life, std::move(adopted));
    }
    co_return co_await look_ups_.follow(life.state.task_id, life.state.account);
}

void Conductor::leave_unknown(Life& life) {
    life.parked = true;
    left_unknown_.insert(life.key);
    budget_.abandon();
    accounts_.abandon(payer_of(life));
    money_changed();
}

awaitable<void> Conductor::pay_for(Life& life, Answer answer) {
    auto const price = life.state.price;
    Finished finished{std::move(answer), price};
    co_await record(life, std::move(finished));
    budget_.charge(price, price);
    accounts_.charge(payer_of(life), price);
    money_changed();
    failures_in_a_row_ = 0;
    life.rate_in_a_row = 0;
    if (accounts_.on_success(payer_of(life))) places_changed();
    if (!life.sent_by_this_run) co_return;
    accounts_.count(payer_of(life), price);
    ++result_.tally.paid;
    result_.tally.cost += price;
}

/// Records a failed attempt. What was reserved is given back, unless the outcome is unknown.
awaitable<void> Conductor::fail(Life& life, Problem problem, bool final) {
    bool const settled = life.state.phase == Phase::open && problem.verdict != Verdict::unknown;
    auto const price = life.state.price;
    Failed failed{std::move(problem), final, std::nullopt};
    co_await record(life, std::move(failed));
    if (settled) {
        budget_.release(price);
        accounts_.release(payer_of(life), price);
        money_changed();
    }
    if (!final) co_return;
    ++failures_in_a_row_;
    bool const too_many =
        options_.limits.failures > 0 && failures_in_a_row_ >= options_.limits.failures;
    if (too_many)
        end_run(RunEnd::too_many_failures, Error(error_code(), life.state.problem.message));
}

/// Everything wanted below a failed step is put down as skipped.
awaitable<void> Conductor::skip_below(jobs::Step const& failed) {
    auto below = jobs::below(failed, std::nullopt, options_.picks).steps;
    while (!below.empty()) {
        Life life;
        life.step = std::move(below.back());
        below.pop_back();
        life.key = life.step.key;
        life.state = journal_.find(life.key).value_or(StepState());
        ++result_.tally.skipped;
        for (auto& step : jobs::below(life.step, std::nullopt, options_.picks).steps)
            below.push_back(std::move(step));
        if (life.state.phase != Phase::wanted) continue;
        Skipped skipped{info_of(life.step), "the step above failed"};
        co_await record(life, std::move(skipped));
    }
}

void Conductor::begin_children(Life const& life) {
    auto const parent =
        std::make_shared<Parent const>(Parent{{life.state.answer.image_id, life.state.answer.url},
                                              life.state.answer.actions,
                                              life.state.account,
                                              life.state.task_id});
    auto below = jobs::below(life.step, parent->actions, options_.picks);
    result_.tally.waiting += below.waiting;
    for (auto& step : below.steps) lives_.spawn(live(std::move(step), parent));
}

bool Conductor::is_offered(Life const& life) const {
    if (!life.parent) return true;
    auto const wish = life.step.request.action();
    if (jobs::is_taken_by_any(wish)) return true;
    auto const& actions = life.parent->actions;
    return std::find(actions.begin(), actions.end(), wish) != actions.end();
}

/// Truth first, then memory, then the views.
awaitable<void> Conductor::record(Life& life, Fact fact) {
    Event event{life.key, clock_.wall(), std::move(fact)};
    Result<> const written = co_await journal_.append(event);
    if (written.has_error()) {
        end_run(RunEnd::disk_failed, written.error());
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    life.state.apply(event);
    observer_.on_event(event, life.state);
}

double Conductor::chance() { return std::generate_canonical<double, 53>(random_); }

} // namespace darkroom::engine
