// Turns wishes into facts: runs every paid step, from wanted to delivered.
#pragma once

#include "runner/engine/counted_marks.hpp"
#include "runner/engine/late_words.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>

namespace darkroom::engine {

/// One run. Everything happens on the executor's one thread.
class Conductor final : private StepLog {
public:
    Conductor(boost::asio::any_io_executor executor, Ports ports, EngineOptions options);
    Conductor(Conductor const&) = delete;
    Conductor& operator=(Conductor const&) = delete;

    /// Completes when nothing is left to do or to wait for. Once only.
    /// Errors: in RunResult; throws only for a defect.
    /// Cancel: not supported; stop() twice parks every step where it stands.
    awaitable<RunResult> run(ItemSource items);

    /// First call: submits nothing more, lets open requests finish for `grace`, then parks them.
    /// Second call: parks at once. Both leave everything resumable.
    void stop() { control_.stop(); }

    /// Sends nothing more until resume(); open requests go on, and so do downloads.
    void pause() { admission_.pause(); }
    void resume();
    bool is_paused() const { return admission_.is_paused(); }
    /// Takes another concurrency and another rate of all accounts together.
    void set_limits(int concurrency, double rate);
    /// Leaves to the next run the steps of which this is true, and that were not sent. A null
    /// function is true of none.
    void set_cancelled(std::function<bool(jobs::Step const&)> is_cancelled) {
        is_cancelled_ = std::move(is_cancelled);
        cancelled_changed();
    }
    /// The function is true of others now.
    void cancelled_changed() { admission_.wishes_changed(); }

    /// Returns how many requests are open right now, for the progress display.
    int generations_open() const { return admission_.accounts().open(); }
    Load load() const { return control_.load(); }

    /// Returns the charges whose steps were parked before it was known that they are durable: the
    /// observer has not seen them. Call it after run().
    std::list<Event> const& unheard_charges() const { return unheard_; }

private:
    EndRun run_ender();
    void begin_helpers();
    awaitable<void> look_up_for(std::string account);
    awaitable<void> enter_in_ledger();
    void begin_what_is_left();
    void note_unnamed();
    awaitable<void> ask_about_failed();
    awaitable<void> settle_left(Digest key, StepState state);

    void begin_step(jobs::Step step, std::shared_ptr<ParentImage const> parent);
    awaitable<void> run_step(StepRun run);
    bool is_cancelled(StepRun const& run) const { return is_cancelled_ && is_cancelled_(run.step); }
    void read_state(StepRun& run);
    awaitable<StepOutcome> submit(StepRun& run);
    awaitable<std::optional<StepOutcome>> prepare(StepRun& run);
    awaitable<void> give_back(StepRun const& run, jobs::Micros price);
    Submitted intent_of(StepRun const& run, jobs::Micros price, std::uint64_t attempt);
    awaitable<Outcome> send(StepRun& run);
    awaitable<StepOutcome> deliver(StepRun& run);
    awaitable<StepOutcome> refuse(StepRun& run, Problem problem);
    awaitable<StepOutcome> leave_wanted(StepRun& run, Problem why);
    awaitable<StepOutcome> hold(StepRun& run);
    awaitable<StepOutcome> take_over(StepRun& run, HeldRequest held, jobs::Micros price);
    bool has_ended_here(HeldRequest const& held, StepRun const& run);
    std::optional<std::string> sender_of(HeldRequest const& held, StepRun const& run);
    awaitable<void> take_name_from_ledger(StepRun& run);
    awaitable<void> skip_below(jobs::Step const& failed);
    void begin_children(StepRun const& run);
    void end_step(StepRun const& run, StepOutcome outcome);

    awaitable<void> give_up(StepRun& run, Problem problem) override;
    awaitable<void> record(StepRun& run, Fact fact) override;
    awaitable<void> record_at(StepRun& run, Fact fact, WallTime at);

    Ports ports_;
    EngineOptions options_;
    CountedMarks counted_marks_; ///< Where the ports have none.
    SendMarks& marks_;
    Jitter jitter_;
    Tally tally_;
    Gate room_;              ///< The feeder may look again.
    TaskGroup step_tasks_;   ///< One for each active step.
    TaskGroup helper_tasks_; ///< The look-ups, the wake-ups, and the end of grace.
    LedgerLink ledger_;
    TaskFollower follower_;
    Admission admission_;
    Delivery delivery_;
    ActiveSteps active_steps_;
    RunControl control_;
    Settlement settlement_;
    std::map<Digest, StepRun*> running_;
    LateWords late_words_;
    std::function<bool(jobs::Step const&)> is_cancelled_; ///< Null: none is.
    std::map<Digest, StepOutcome> left_; ///< Steps that this run has tried in vain.
    std::list<Event> unheard_;
    std::vector<KnownTask> recent_tasks_; ///< For the ledger, at the beginning.
    bool has_callbacks_ = false;
    std::uint64_t order_ = 0;
};

} // namespace darkroom::engine
