// What the next run of a job would pay for: the plan, less what its run directory has.
#pragma once

#include "jobs/plan/estimate.hpp"
#include "runner/engine/history.hpp"
#include "runner/report/run_view.hpp"

#include <cstdint>
#include <string>

namespace darkroom::report {

/// Steps of a plan, each counted once. A step below a failed one is in none of the numbers.
struct NextRun {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;  ///< Given up: `run` leaves them, `retry` tries them.
    std::uint64_t unknown = 0; ///< Sent, without a last word. Their money is reserved.
    std::uint64_t items = 0;
    std::uint64_t repeats = 0; ///< Items whose request another item has: they share its picture.
    engine::Totals spent;      ///< Counts against the budget, with what is open.
    jobs::Estimate fresh;      ///< The steps that would be bought, as far as that is known.
};

/// Walks through all items. `history`: null when there is no run directory yet. Errors: of the
/// history, of the items.
Result<NextRun> next_run(jobs::JobFile const& file, ItemSource const& next_item,
                         engine::History* history, jobs::Picks const& picks);

/// Returns the object `next` of `plan --json`.
json::Value to_json(NextRun const& next);
/// Returns lines for a person: what is done, failed and unknown, and the items that repeat others;
/// "" when there is nothing to say.
std::string next_run_text(NextRun const& next);

} // namespace darkroom::report
