// Decides what a step does next. Pure: it has no socket, no clock and no coroutine.
#pragma once

#include "runner/engine/event.hpp"

namespace darkroom::engine {

/// The last event of a step in this run. Its facts are recorded already, so that the step's phase
/// is the one after it.
enum class StepOutcome {
    ready,          ///< Nothing has happened yet, or the wait before the next attempt is over.
    no_account,     ///< No account can pay for the step in this run.
    no_turn,        ///< The budget is spent, or the run is stopping.
    try_again,      ///< The attempt failed; another one may succeed after a wait.
    account_parked, ///< The step's account pays for nothing more; another one may.
    lost,           ///< The request left, and its answer did not arrive.
    no_word,        ///< The service could not say what became of the request.
    given_up,       ///< The step has failed for good.
    left_wanted,    ///< Nothing was taken as often as it was tried: the next run tries again.
    answered,       ///< The step is paid, and the service has described its result.
    delivered,      ///< All requested images are saved.
    undelivered,    ///< An image did not arrive as often as it was tried in this run.
    disk_failed,    ///< Nothing can be saved; the run is ending.
};

/// The next action of a step.
enum class Action {
    submit,  ///< Ask for admission, then send the request.
    wait,    ///< Pause for StepRun::wait, then continue with StepOutcome::ready.
    look_up, ///< Ask the service what became of the request.
    deliver, ///< Begin the steps below, and save the images.
    give_up, ///< Record the steps below as skipped; this step is over.
    park,    ///< Leave the step as it is: the next run resumes it.
    done,    ///< Everything about the step is settled.
};

/// Returns what a step in `phase` does after `outcome`.
Action next_action(Phase phase, StepOutcome outcome);

} // namespace darkroom::engine
