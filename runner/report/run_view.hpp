// A job's plan together with the history and the picks of its run directory.
#pragma once

#include "jobs/plan/picks.hpp"
#include "jobs/plan/plan.hpp"
#include "runner/engine/history.hpp"

#include <functional>
#include <memory>

namespace darkroom::report {

/// Returns the next item of a plan; null after the last.
using ItemSource = std::function<Result<std::shared_ptr<jobs::Item const>>()>;

/// The input of the walks over a plan and what has been done of it. Nothing is owned.
struct RunView {
    ItemSource next_item;
    engine::History& history;
    jobs::Picks const& picks;
};

} // namespace darkroom::report
