// When the service is asked about a task: every wait of the task follower. Pure.
#pragma once

#include "runner/base/backoff.hpp"

namespace darkroom::engine {

/// Returns how long an acknowledged task is left alone before the first question. `usual`: how long
/// tasks have taken so far, zero when none has ended. `updates_expected`: questions are only for
/// what callbacks have lost.
Duration first_question(Duration usual, bool updates_expected);

/// Returns the policy of the later questions about a task, by the age of the wait. A task holds a
/// place until its end is seen: where tasks are short, a second late would cost much.
Backoff later_questions(Duration usual, bool updates_expected);

/// Returns the policy after questions of an account that failed in a row. `pace`: the time between
/// two questions that did not.
Backoff after_failed_questions(Duration pace);

} // namespace darkroom::engine
