// Turns what became of a request into facts, and into what the step does next.
#pragma once

#include "runner/engine/run_control.hpp"

namespace darkroom::engine {

/// The parts of a run that settlement uses; they outlive it.
struct SettlementParts {
    TaskFollower& follower;
    Admission& admission;
    Delivery& delivery;
    RunControl& control;
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

    /// Settles an open request by its outcome. Cancel: terminal.
    awaitable<StepOutcome> settle(StepRun& run, Outcome outcome);
    /// Asks the service what became of an open request, and settles it. Completes with `lost` when
    /// it has to be looked up again. Cancel: terminal.
    awaitable<StepOutcome> look_up(StepRun& run);

private:
    awaitable<StepOutcome> settle_failure(StepRun& run, Problem problem);
    awaitable<bool> has_fresh_link(StepRun& run, Verdict verdict);
    awaitable<Found> find_task(StepRun& run);
    awaitable<void> fail(StepRun& run, Problem problem);
    void slow_down(StepRun& run);
    void show_retry(StepRun const& run, Problem const& problem);

    Provider& provider_;
    Observer& observer_;
    EngineOptions const& options_;
    SettlementParts parts_;
};

} // namespace darkroom::engine
