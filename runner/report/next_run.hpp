// What the next run of a job would pay for: the plan, less what its run directory has.
#pragma once

#include "jobs/plan/estimate.hpp"
#include "runner/engine/history.hpp"
#include "runner/report/run_view.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace darkroom::report {

/// The steps of a plan. `pending`: neither done nor failed, skipped or unknown.
struct StepsByState {
    std::uint64_t all = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t unknown = 0;
    std::uint64_t pending = 0;
    std::uint64_t to_load = 0; ///< Part of `done`: paid, and pictures are still to be loaded.
};

/// The failed steps of the part of a job file that was run.
struct Failures {
    std::uint64_t all = 0;
    std::uint64_t rejected = 0; ///< The service refused their content.
    std::uint64_t outside = 0;  ///< Those of the rest of the file.
};

/// The sum that was paid for some steps.
struct Payment {
    std::uint64_t generations = 0;
    jobs::Micros cost = 0;
};

/// The steps of a plan by what its run directory has of them, each counted once.
struct NextRun {
    std::uint64_t done = 0;
    std::uint64_t to_load = 0; ///< See StepsByState.
    /// Given up, or paid with an image given up: the rows of failed.jsonl.
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0; ///< Below a failed one.
    /// Sent, without a last word; also those that the plan no longer wants, since their money is
    /// reserved.
    std::uint64_t unknown = 0;
    std::uint64_t items = 0;
    std::uint64_t repeats = 0; ///< Items whose request another item has: they share its picture.
    std::uint64_t missing = 0; ///< Files of paid steps that the next run loads again.
    engine::Totals spent;      ///< Counts against the budget, with what is open.
    /// The payments for the plan's steps, by job and action.
    std::map<std::string, std::map<std::string, Payment>> payments;
    bool is_at_work = false; ///< A run is: what is unknown is in flight.
    jobs::Estimate fresh;    ///< The steps that would be bought, as far as that is known.

    std::uint64_t pending() const { return fresh.steps.expected; }
    StepsByState by_state() const {
        return {done + failed + skipped + unknown + pending(),
                done,
                failed,
                skipped,
                unknown,
                pending(),
                to_load};
    }
};

/// A plan and its run directory.
struct PlanView {
    jobs::JobFile const& file;
    ItemSource next_item;
    std::function<void()> begin_again; ///< Then next_item gives the first item again.
    engine::History* history;          ///< Null when there is no run directory yet.
    jobs::Picks const& picks;
    /// Called for each step that was given up; may be null.
    std::function<void(jobs::Step const&)> on_given_up{};
    /// Returns whether a step that was given up is tried again; null: none is.
    std::function<bool(Digest const&)> is_tried_again{};
    /// The number of files of each step that are not in their place; may be null.
    std::map<Digest, std::uint64_t> const* missing = nullptr;
    /// Items as next_item gives them, by their marks; may be null. Without a history no step has to
    /// be found by its key, and marks are many times quicker.
    std::function<Result<std::optional<jobs::ItemMark>>()> next_mark{};
    /// Gives the item of the last mark.
    std::function<std::shared_ptr<jobs::Item const>()> marked_item{};
    std::uint64_t items = 0; ///< Their number, as far as it is known before.
};

/// Walks through all items. Errors: of the history, of the items.
Result<NextRun> next_run(PlanView const& view);

/// Returns the object `steps` of `run --json` and `status --json`.
json::Value to_json(StepsByState const& steps);
/// Returns "3 of 6 steps done (1 still to load), 1 failed, 2 skipped, 1 unknown".
std::string steps_text(StepsByState const& steps);

/// Returns the object `next` of `plan --json`.
json::Value to_json(NextRun const& next);
/// Returns a line about files that the next run loads again; "" for none.
std::string missing_text(std::uint64_t files);
/// Returns lines for a person: what is done, failed and unknown, the files that are missing, and
/// the items that repeat others; "" when there is nothing to say.
std::string next_run_text(NextRun const& next);

} // namespace darkroom::report
