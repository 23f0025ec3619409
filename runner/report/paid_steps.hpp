// Compares a plan with what earlier runs have paid for.
#pragma once

#include "runner/report/run_view.hpp"

namespace darkroom::report {

/// Returns true when earlier runs have paid for every step of the plan, as far as their images and
/// the picks have opened it; stops at the first step that is not paid. Errors: of the history, of
/// the items.
Result<bool> is_all_paid(RunView const& run);

} // namespace darkroom::report
