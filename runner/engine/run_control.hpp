// Feeds a run with items, and ends it.
#pragma once

#include "runner/engine/active_steps.hpp"
#include "runner/engine/admission.hpp"
#include "runner/engine/delivery.hpp"

#include <functional>
#include <optional>
#include <string>

namespace darkroom::engine {

/// The parts of a run that the control uses; they outlive it.
struct ControlParts {
    TaskFollower& follower;
    Admission& admission;
    Delivery const& delivery;
    ActiveSteps const& active;
    TaskGroup& steps;   ///< The steps that are running; cancelled when the run must end at once.
    TaskGroup& helpers; ///< Runs the end of grace.
    Gate& room;         ///< Woken by others whenever another item might have room.
    Tally& tally;
};

/// Decides when the next item begins, which items are passed over, and when the run ends.
class RunControl {
public:
    RunControl(boost::asio::any_io_executor executor, Ports const& ports,
               EngineOptions const& options, ControlParts parts);
    RunControl(RunControl const&) = delete;
    RunControl& operator=(RunControl const&) = delete;

    /// Calls `begin` with the first step of one item after the other, as places become free, and
    /// passes over items that are done. Completes when there are no more, or the run is stopping.
    /// Cancel: not supported.
    awaitable<void> feed(ItemSource& items, std::function<void(jobs::Step)> begin);

    bool stopping() const { return stopping_; }
    /// Ends the run: nothing more is submitted. The first end is kept, but disk_failed replaces
    /// any other, and cancels the steps.
    void end_run(RunEnd end, Error why = Error());
    /// The first call ends the run and cancels the steps after the grace; the second one cancels
    /// them at once.
    void stop();
    /// Completes after `time`, or as soon as the run is stopping. Cancel: terminal.
    awaitable<void> rest(Duration time);

    /// Counts a final failure, or a step that is left to the next run: too many in a row end the
    /// run, and the first one that no attempt could mend.
    void count_failure(Problem const& problem);
    void count_success() { failures_in_a_row_ = 0; }
    /// Counts a request, sent at `sent`, that got no word. Those open at one moment count as one;
    /// too many in a row end the run.
    void count_loss(Time sent, std::string const& message);
    void count_word() { losses_in_a_row_ = 0; }
    /// Notes that something was recorded: the run makes progress.
    void count_fact() { last_fact_ = clock_.now(); }

    /// A step waits for a listing, and nothing of it is under way.
    void begin_search();
    void end_search();
    /// Ends the searches when nothing else is left to do: once they have had the time to settle,
    /// and one more walk. Until cancelled.
    awaitable<void> end_searches_at_last();

    Load load() const;
    /// Returns the result. Once only, when no step is left.
    RunResult conclude();

private:
    /// Counts of an item that is passed over.
    struct Passed {
        std::uint64_t done = 0;
        std::uint64_t waiting = 0;
    };

    awaitable<void> feed_all(ItemSource& items, std::function<void(jobs::Step)> begin);
    bool has_room_for_item() const;
    bool is_quiet() const;
    bool is_stuck() const;
    awaitable<void> until_quiet();
    bool is_all_done(jobs::Step const& step, Passed& passed) const;
    std::optional<DoneStep> done_outright(jobs::Step const& step) const;
    std::optional<jobs::Below> below_if_done(jobs::Step const& step) const;
    awaitable<bool> until_stopping();
    awaitable<void> park_after_grace();

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Journal& journal_;
    DoneSteps const* done_;
    EngineOptions const& options_;
    ControlParts parts_;
    Gate stopped_; ///< stopping_ became true.
    RunResult result_;
    int failures_in_a_row_ = 0;
    int losses_in_a_row_ = 0;
    Time last_fact_{};
    Time last_loss_{};                ///< When the last request got no word.
    Time loss_counted_ = Time::min(); ///< When the last loss was counted.
    std::size_t searching_ = 0;
    bool fed_ = false; ///< There is no further item.
    bool stopping_ = false;
    bool stop_asked_ = false;
};

} // namespace darkroom::engine
