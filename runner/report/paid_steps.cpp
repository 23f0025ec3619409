#include "runner/report/paid_steps.hpp"

#include <utility>

namespace darkroom::report {

namespace {

/// Checks `step` and all steps below it.
Result<bool> is_paid(RunView const& run, jobs::Step const& step) {
    auto const row = run.history.find(step.key); // most steps cost one row
    if (row.has_error()) return row.error();
    if (!*row || (*row)->phase != engine::Phase::finished) return false;
    if (step.then->empty()) return true;
    TRY_ASSIGN(auto const state, run.history.state_of(step.key));
    for (auto const& child : jobs::below(step, state.answer.actions, run.picks).steps) {
        auto const paid = is_paid(run, child);
        if (paid.has_error() || !*paid) return paid;
    }
    return true;
}

} // namespace

Result<bool> is_all_paid(RunView const& run) {
    for (;;) {
        TRY_ASSIGN(auto item, run.next_item());
        if (!item) return true;
        auto const paid = is_paid(run, jobs::first_step(std::move(item)));
        if (paid.has_error() || !*paid) return paid;
    }
}

} // namespace darkroom::report
