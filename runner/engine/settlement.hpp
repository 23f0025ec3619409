// Turns what became of a request into facts, and into what the step does next.
#pragma once

#include "runner/engine/run_control.hpp"

namespace darkroom::engine {

/// The parts of a run that settlement uses; they outlive it.
struct SettlementParts {
    TaskFollower& follower;
    Admission& admission;
    SendMarks& marks;
    Delivery& delivery;
    RunControl& control;
    LedgerLink& ledger;
    StepLog& log;
    Jitter& jitter;
    Tally& tally;
};

/// Settles requests: records what became of each, charges for it or gives back what was reserved.
class Settlement {
public:
    Settlement(Ports const& ports, EngineOptions const& options, SettlementParts parts);
    Settlement(Settlement const&) = delete;
    Settlement& operator=(Settlement const&) = delete;

    /// Settles an open request by the outcome that its answer had. Cancel: terminal.
    awaitable<StepOutcome> settle(StepRun& run, Outcome outcome);
    /// Settles a step that waits for its next attempt, by its late answer: an attempt that was
    /// called failed has succeeded. Cancel: terminal.
    awaitable<StepOutcome> settle_late(StepRun& run);
    /// Records that the attempt of the late answer was paid as well. Cancel: terminal.
    awaitable<void> charge_again(StepRun& run);
    /// Asks the service what became of an open request, and settles it. Completes with `lost` when
    /// it has to be looked up again. Cancel: terminal.
    awaitable<StepOutcome> look_up(StepRun& run);

private:
    /// The certainty of a failure.
    enum class Word {
        heard,     ///< The answer said so.
        confirmed, ///< The task's record says so, or its absence is proven.
    };

    awaitable<StepOutcome> settle_failure(StepRun& run, Problem problem, Word word);
    awaitable<bool> has_fresh_link(StepRun& run, Verdict verdict);
    awaitable<Found> find_task(StepRun& run);
    awaitable<Found> search(StepRun& run);
    SendOrder bounds_of(StepState const& state) const;
    awaitable<StepOutcome> settle_absence(StepRun& run, Problem problem);
    awaitable<StepOutcome> set_aside(StepRun& run, Problem failure);
    awaitable<StepOutcome> leave(StepRun& run, Failed failed);
    awaitable<StepOutcome> stay_unknown(StepRun& run, Found found);
    awaitable<void> fail(StepRun& run, Failed failed);
    void count_loss(StepRun const& run, Problem const& problem);
    void count_word(StepRun const& run);
    void slow_down(StepRun& run);
    void show_retry(StepRun const& run, Problem const& problem);

    Clock& clock_;
    Provider& provider_;
    Observer& observer_;
    EngineOptions const& options_;
    SettlementParts parts_;
};

} // namespace darkroom::engine
