#include "runner/engine/step_machine.hpp"

#include <cassert>

namespace darkroom::engine {

namespace {

/// Returns what a step's facts alone ask for.
Action action_of(Phase phase) {
    switch (phase) {
    case Phase::wanted:
    case Phase::skipped: return Action::submit; // the step above has been finished since
    case Phase::open: return Action::look_up;
    case Phase::finished: return Action::deliver;
    case Phase::failed: return Action::give_up;
    }
    assert(false);
    return Action::park;
}

} // namespace

Action next_action(Phase phase, StepOutcome outcome) {
    switch (outcome) {
    case StepOutcome::no_account:
    case StepOutcome::no_turn:
    case StepOutcome::no_word:
    case StepOutcome::left_wanted:
    case StepOutcome::disk_failed: return Action::park;
    case StepOutcome::delivered:
    case StepOutcome::undelivered: return Action::done;
    case StepOutcome::try_again: return phase == Phase::wanted ? Action::wait : action_of(phase);
    case StepOutcome::ready:
    case StepOutcome::account_parked:
    case StepOutcome::lost:
    case StepOutcome::given_up:
    case StepOutcome::answered: return action_of(phase);
    }
    assert(false);
    return Action::park;
}

} // namespace darkroom::engine
