#include "runner/engine/run_control.hpp"

#include "runner/base/in_time.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace darkroom::engine {

namespace asio = boost::asio;

namespace {

/// So many finished items are passed over before other work gets its turn.
constexpr std::uint64_t passed_per_turn = 256;
/// The walk at the end begins so much later than every search has had its time to settle.
constexpr Duration a_moment = std::chrono::milliseconds(50);
constexpr int images_of_split_grid = 5; // the whole, and its quarters

/// Returns whether only the image's own actions decide what follows a step.
bool depends_on_offer(jobs::Step const& step) {
    return std::any_of(step.then->begin(), step.then->end(), [](jobs::Branch const& branch) {
        return branch.pick ||
               std::any_of(branch.actions.begin(), branch.actions.end(), jobs::is_glob);
    });
}

} // namespace

RunControl::RunControl(asio::any_io_executor executor, Ports const& ports,
                       EngineOptions const& options, ControlParts parts)
    : executor_(executor), clock_(ports.clock), journal_(ports.journal), done_(ports.done),
      options_(options), parts_(parts), stopped_(std::move(executor)) {}

/// A new item begins when its first step would have a place: started items come before new ones.
awaitable<void> RunControl::feed(ItemSource& items, std::function<void(jobs::Step)> begin) {
    co_await feed_all(items, std::move(begin));
    fed_ = true;
    parts_.room.wake_all();
}

awaitable<void> RunControl::feed_all(ItemSource& items, std::function<void(jobs::Step)> begin) {
    std::uint64_t passed_items = 0;
    while (!stopping_) {
        if (!has_room_for_item()) {
            co_await parts_.room.wait();
            continue;
        }
        auto item = items();
        if (item.has_error()) {
            end_run(RunEnd::input_failed, item.error());
            co_return;
        }
        if (!*item) co_return;
        ++parts_.tally.items;
        jobs::Step first = jobs::first_step(std::move(*item));
        Passed passed;
        if (is_all_done(first, passed)) {
            parts_.tally.done += passed.done;
            parts_.tally.waiting += passed.waiting;
            if (++passed_items % passed_per_turn == 0)
                co_await asio::post(executor_, asio::use_awaitable);
            continue;
        }
        begin(std::move(first));
        co_await asio::post(executor_, asio::use_awaitable); // so that it stands in its queue
    }
}

bool RunControl::has_room_for_item() const {
    auto const& limits = options_.limits;
    auto const active_max =
        static_cast<std::size_t>(2 * limits.concurrency + 4 * limits.downloads_at_once());
    auto const all = parts_.steps.size();
    auto const idle = parts_.admission.accounts().followers() + searching_;
    auto const active = all - std::min(all, idle);
    return parts_.admission.has_place_for_item() && active < active_max;
}

/// Returns whether nothing can be done for an item now: all of it is done, or waits for a person.
bool RunControl::is_all_done(jobs::Step const& step, Passed& passed) const {
    auto const below = below_if_done(step);
    if (!below) return false;
    ++passed.done;
    passed.waiting += below->waiting;
    return std::all_of(
        below->steps.begin(), below->steps.end(),
        [this, &passed](jobs::Step const& child) { return is_all_done(child, passed); });
}

/// Returns what a step that is done leads to; none when it is not done.
std::optional<jobs::Below> RunControl::below_if_done(jobs::Step const& step) const {
    if (auto const done = done_outright(step)) {
        std::optional<std::span<std::string const>> offered;
        if (done->actions != nullptr) offered = *done->actions;
        return jobs::below(step, offered, options_.picks);
    }
    auto const state = journal_.find(step.key);
    if (!state || state->phase != Phase::finished) return std::nullopt;
    if (step.download && !parts_.delivery.has_all(*state)) return std::nullopt;
    return jobs::below(step, state->answer.actions, options_.picks);
}

/// Answers without the step's facts. A pattern or a pick is known to be done only where it is known
/// what the image offers. A step with fewer images than a grid that is to be split is not known to
/// be done either, as it may be such a grid.
std::optional<DoneStep> RunControl::done_outright(jobs::Step const& step) const {
    if (done_ == nullptr) return std::nullopt;
    auto const done = done_->find(step.key);
    if (!done || (done->actions == nullptr && depends_on_offer(step))) return std::nullopt;
    if (!step.download || done->images >= images_of_split_grid) return done;
    bool const may_be_grid =
        done->actions == nullptr || offers_tiles(*step.request.service, *done->actions);
    if (done->images < 1 || (options_.split_grids && may_be_grid)) return std::nullopt;
    return done;
}

void RunControl::end_run(RunEnd end, Error why) {
    bool const is_first = result_.end == RunEnd::all_done;
    bool const is_graver = end == RunEnd::disk_failed && result_.end != RunEnd::disk_failed;
    if (is_first || is_graver) {
        result_.end = end;
        result_.error = std::move(why);
    }
    stopping_ = true;
    stopped_.wake_all();
    parts_.admission.close();
    if (end == RunEnd::disk_failed) parts_.steps.cancel();
}

void RunControl::stop() {
    if (std::exchange(stop_asked_, true)) return parts_.steps.cancel();
    end_run(RunEnd::interrupted);
    parts_.helpers.spawn(park_after_grace());
}

awaitable<void> RunControl::park_after_grace() {
    co_await clock_.sleep_for(options_.grace);
    parts_.steps.cancel();
}

awaitable<bool> RunControl::until_stopping() {
    while (!stopping_) co_await stopped_.wait();
    co_return true;
}

awaitable<void> RunControl::rest(Duration time) {
    if (stopping_) co_return;
    try {
        co_await with_deadline(clock_, clock_.now() + time, until_stopping());
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
}

void RunControl::count_loss(Time sent, std::string const& message) {
    last_loss_ = clock_.now();
    if (sent <= loss_counted_) return;
    loss_counted_ = last_loss_;
    bool const too_many =
        options_.limits.failures > 0 && ++losses_in_a_row_ >= options_.limits.failures;
    if (too_many) end_run(RunEnd::too_many_failures, Error(error_code(), message));
}

void RunControl::begin_search() {
    ++searching_;
    last_loss_ = clock_.now(); // its time to settle begins now, once the loss is recorded
    parts_.room.wake_all();
}

void RunControl::end_search() {
    --searching_;
    parts_.room.wake_all();
}

/// Returns whether every step waits for a listing, or for the money that such a one holds.
bool RunControl::is_quiet() const {
    auto const idle = searching_ + parts_.admission.waiting_for_money() + parts_.active.waiting();
    bool const is_paused = parts_.admission.is_paused(); // there is more, later
    bool const no_more = fed_ || stopping_ || (!is_paused && !has_room_for_item());
    return searching_ > 0 && no_more && parts_.steps.size() == idle;
}

/// Returns whether nothing has happened for as long as a task may take: somebody waits for what
/// only the end of a search can give, such as the money of an account.
bool RunControl::is_stuck() const {
    bool const is_paused = parts_.admission.is_paused();
    return searching_ > 0 && !is_paused && clock_.now() - last_fact_ >= options_.patience;
}

awaitable<void> RunControl::until_quiet() {
    while (!is_quiet() && !is_stuck()) {
        if (searching_ > 0 && !parts_.admission.is_paused())
            co_await in_time(clock_, last_fact_ + options_.patience, parts_.room.woken());
        else
            co_await parts_.room.wait();
    }
}

awaitable<void> RunControl::end_searches_at_last() {
    last_loss_ = clock_.now(); // what an earlier run has lost is unknown from now on
    last_fact_ = clock_.now();
    for (;;) {
        co_await until_quiet();
        Time const settled = last_loss_ + options_.retry.settle + a_moment;
        if (clock_.now() < settled) {
            co_await clock_.sleep_until(settled);
            continue;
        }
        co_await parts_.follower.walk_once();
        if ((is_quiet() || is_stuck()) && clock_.now() >= last_loss_ + options_.retry.settle)
            parts_.follower.end_searches();
        co_await asio::post(executor_, asio::use_awaitable);
    }
}

void RunControl::count_failure(Problem const& problem) {
    Error const why(error_code(), problem.message);
    if (is_http_version_wrong(problem)) end_run(RunEnd::wrong_http, why);
    ++failures_in_a_row_;
    bool const too_many =
        options_.limits.failures > 0 && failures_in_a_row_ >= options_.limits.failures;
    if (too_many) end_run(RunEnd::too_many_failures, why);
}

Load RunControl::load() const {
    auto const& admission = parts_.admission;
    auto const& accounts = admission.accounts();
    return {accounts.open(), accounts.places(), admission.waiting_for_money(),
            admission.is_paused(), stopping_};
}

RunResult RunControl::conclude() {
    result_.tally = parts_.tally;
    result_.tally.unknown = static_cast<std::uint64_t>(journal_.totals().open);
    result_.accounts = parts_.admission.accounts().tallies();
    auto const& tally = result_.tally;
    bool const some_failed = tally.failed + tally.unknown + tally.stranded + tally.left > 0;
    if (result_.end == RunEnd::all_done && some_failed) result_.end = RunEnd::some_failed;
    return std::move(result_);
}

} // namespace darkroom::engine
