// Who may go, and when: the feeder, the budget's and the rate's waits, and the two stages of a
// stop.
#include "runner/engine/conductor.hpp"

#include "runner/base/deadline.hpp"
#include "runner/engine/life.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

namespace darkroom::engine {

namespace asio = boost::asio;

namespace {
/// Finished items that are passed over before other work gets its turn.
constexpr std::uint64_t skips_per_turn = 256;
constexpr int images_of_split_grid = 5; // the whole, and its quarters

/// Whether what follows a step can only be told by what its image offers.
bool depends_on_offer(jobs::Step const& step) {
    return std::any_of(step.then->begin(), step.then->end(), [](jobs::Branch const& branch) {
        return branch.pick ||
               std::any_of(branch.actions.begin(), branch.actions.end(), jobs::is_glob);
    });
}
} // namespace

/// What was found of an item that is passed over.
struct Conductor::Ended {
    std::uint64_t done = 0;
    std::uint64_t waiting = 0;
};

Conductor::Conductor(asio::any_io_executor executor, Ports ports, EngineOptions options)
    : executor_(executor), clock_(ports.clock), provider_(ports.provider), journal_(ports.journal),
      images_(ports.images), observer_(ports.observer), done_(ports.done),
      options_(std::move(options)), accounts_(options_.accounts, options_.limits, spent_so_far()),
      budget_(options_.budget, ports.journal.totals()),
      look_ups_(executor, ports.clock, ports.provider,
                LookUpOptions{options_.retry.settle, options_.patience, std::chrono::seconds(1)}),
      downloads_(executor, options_.limits.downloads), place_free_(executor), settled_(executor),
      room_(executor), stopped_(executor), lives_(executor), helpers_(executor),
      random_(options_.seed) {
    auto const lines = accounts_.size() == 1 ? 1 : 1 + accounts_.size();
    for (std::size_t i = 0; i < lines; ++i) doors_.emplace_back(executor_, 1);
    look_ups_.set_is_taken([this](std::string const& task) { return journal_.knows_task(task); });
}

awaitable<RunResult> Conductor::run(ItemSource items) {
    for (std::size_t i = 0; i < accounts_.size(); ++i)
        helpers_.spawn(keep_looking_up(accounts_.name_of(i)));
    std::exception_ptr defect;
    try {
        begin_with_what_is_left();
        co_await feed(items);
        co_await lives_.join();
    } catch (...) { // kept, and rethrown below once nothing of this run is left
        defect = std::current_exception();
        lives_.cancel();
    }
    while (defect && lives_.size() > 0) {
        try {
            co_await lives_.join();
        } catch (boost::system::system_error const&) {
            // What else failed on the way home: the first defect is the one to tell.
        }
    }
    helpers_.cancel();
    co_await helpers_.join();
    if (defect) std::rethrow_exception(defect);
    result_.tally.unknown = static_cast<std::size_t>(journal_.totals().open);
    result_.accounts = accounts_.tallies();
    auto const& tally = result_.tally;
    bool const some_failed = tally.failed + tally.unknown + tally.stranded > 0;
    if (result_.end == RunEnd::all_done && some_failed) result_.end = RunEnd::some_failed;
    co_return std::move(result_);
}

void Conductor::begin_with_what_is_left() {
    for (auto& [key, state] : journal_.unsettled_steps()) {
        alive_.try_emplace(key);
        lives_.spawn(settle_left(key, std::move(state)));
    }
}

/// Without look-ups, what waits for one would wait for ever: the run ends when the journal cannot
/// be asked.
awaitable<void> Conductor::keep_looking_up(std::string account) {
    try {
        co_await look_ups_.run(std::move(account));
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        end_run(RunEnd::disk_failed, Error(error.code(), error.what()));
    }
}

/// Items one at a time, as places free up: what is started comes before what is not.
awaitable<void> Conductor::feed(ItemSource& items) {
    std::uint64_t skipped = 0;
    while (!stopping_) {
        if (!room_for_item()) {
            co_await room_.wait();
            continue;
        }
        auto item = items();
        if (item.has_error()) {
            end_run(RunEnd::input_failed, item.error());
            co_return;
        }
        if (!*item) co_return;
        ++result_.tally.items;
        jobs::Step first = jobs::first_step(std::move(*item));
        Ended ended;
        if (all_done(first, ended)) {
            result_.tally.done += ended.done;
            result_.tally.waiting += ended.waiting;
            if (++skipped % skips_per_turn == 0)
                co_await asio::post(executor_, asio::use_awaitable);
            continue;
        }
        lives_.spawn(live(std::move(first), nullptr));
        co_await asio::post(executor_, asio::use_awaitable); // so that it stands at the door
    }
}

bool Conductor::room_for_item() const {
    auto const limits = options_.limits;
    auto const alive_max = static_cast<std::size_t>(2 * limits.concurrency + 4 * limits.downloads);
    auto const& door = doors_.front();
    bool const place_left = door.inside() < accounts_.places_for_new();
    auto const alive = lives_.size() - std::min(lives_.size(), accounts_.followers());
    return door.waiting() == 0 && place_left && alive < alive_max;
}

/// An item that nothing can be done for now: all of it is done, but for what waits for a person.
bool Conductor::all_done(jobs::Step const& step, Ended& ended) const {
    auto const below = below_if_done(step);
    if (!below) return false;
    ++ended.done;
    ended.waiting += below->waiting;
    return std::all_of(below->steps.begin(), below->steps.end(),
                       [this, &ended](jobs::Step const& child) { return all_done(child, ended); });
}

/// What a step that is done leads to; none when it is not done.
std::optional<jobs::Below> Conductor::below_if_done(jobs::Step const& step) const {
    if (auto const done = done_outright(step)) {
        std::optional<std::span<std::string const>> offered;
        if (done->actions != nullptr) offered = *done->actions;
        return jobs::below(step, offered, options_.picks);
    }
    auto const state = journal_.find(step.key);
    if (!state || state->phase != Phase::finished) return std::nullopt;
    if (step.download && !images_there(*state)) return std::nullopt;
    return jobs::below(step, state->answer.actions, options_.picks);
}

/// Without its facts. A pattern or a pick is known to be done only where it is known what the image
/// offers; so is a step with less images than a grid that is to be split, as it may be one.
std::optional<DoneStep> Conductor::done_outright(jobs::Step const& step) const {
    if (done_ == nullptr) return std::nullopt;
    auto const done = done_->find(step.key);
    if (!done || (done->actions == nullptr && depends_on_offer(step))) return std::nullopt;
    if (!step.download || done->images >= images_of_split_grid) return done;
    bool const may_be_grid = done->actions == nullptr || offers_tiles(*done->actions);
    if (done->images < 1 || (options_.split_grids && may_be_grid)) return std::nullopt;
    return done;
}

/// False: it would cross the budget, or the run is stopping. Waits while an open request could
/// still turn out to be free.
awaitable<bool> Conductor::reserve(jobs::Micros price) {
    while (!stopping_) {
        if (budget_.reserve(price)) co_return true;
        if (!budget_.anything_pending()) {
            end_run(RunEnd::budget_spent);
            co_return false;
        }
        co_await settled_.wait();
    }
    co_return false;
}

awaitable<bool> Conductor::until_stopping() {
    while (!stopping_) co_await stopped_.wait();
    co_return true;
}

/// Waits, unless the run is stopping.
awaitable<void> Conductor::pause(Duration time) {
    if (stopping_) co_return;
    try {
        co_await with_deadline(clock_, clock_.now() + time, until_stopping());
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
}

void Conductor::end_run(RunEnd end, Error why) {
    bool const first = result_.end == RunEnd::all_done;
    bool const graver = end == RunEnd::disk_failed && result_.end != RunEnd::disk_failed;
    if (first || graver) {
        result_.end = end;
        result_.error = std::move(why);
    }
    stopping_ = true;
    for (auto& door : doors_) door.close();
    stopped_.wake_all();
    settled_.wake_all();
    places_changed();
    if (end == RunEnd::disk_failed) lives_.cancel();
}

void Conductor::stop() {
    if (std::exchange(stop_asked_, true)) return lives_.cancel();
    end_run(RunEnd::interrupted);
    helpers_.spawn(park_after_grace());
}

awaitable<void> Conductor::park_after_grace() {
    co_await clock_.sleep_for(options_.grace);
    lives_.cancel();
}

} // namespace darkroom::engine
