// The choices that a run has come to: worked out of the job file, the journal and the picks.
#pragma once

#include "runner/cli/job.hpp"
#include "runner/engine/event.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace darkroom::cli {

/// A choice and the picture it is about.
struct PickPlace {
    jobs::Step const& step;         ///< That made the picture.
    engine::StepState const& state; ///< Of that step: paid.
    jobs::PickSpot const& spot;

    std::string name() const; ///< "cars/12/variation2"
};

/// Every choice below a paid image, made or not, once each and in the order of the plan; beside a
/// run too. Throws Quit: disk (the journal), bad_file (a table), and whatever `take` throws.
void for_each_pick(Job const& job, std::string const& directory, jobs::Picks const& picks,
                   std::function<void(PickPlace const&)> const& take);

/// How many of them nobody has made.
std::uint64_t count_waiting(Job const& job, std::string const& directory, jobs::Picks const& picks);

} // namespace darkroom::cli
