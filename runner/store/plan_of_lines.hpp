// The plan whose lines the manifest has.
#pragma once

#include "jobs/plan/step.hpp"
#include "runner/store/file_name.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace darkroom::store {

/// The plan whose lines are wanted. What it points to outlives the arrangement.
struct PlanOfLines {
    /// Called on other threads than the caller's, but never on two at a time.
    std::function<Result<std::shared_ptr<jobs::Item const>>()> next_item;
    jobs::Picks picks;
    Layout layout;
    std::atomic<bool> const* stop = nullptr; ///< Set from outside; null: never.

    bool is_stopped() const { return stop != nullptr && *stop; }
};

} // namespace darkroom::store
