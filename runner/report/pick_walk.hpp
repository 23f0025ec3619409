// The choices that a run has reached: derived from the plan, the history and the picks.
#pragma once

#include "runner/report/run_view.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace darkroom::report {

/// A choice and the picture that it is about.
struct PickChoice {
    jobs::Step const& step;         ///< The step that made the picture.
    engine::StepState const& state; ///< The state of that step, which is paid.
    jobs::PickSpot const& spot;

    std::string name() const; ///< "cars/12/variation2"
};

/// Gives every choice below a paid image, made or not, once each and in the order of the plan;
/// works during a run. Errors: of the history, of the items. Throws whatever `take` throws.
Result<> for_each_pick(RunView const& run, std::function<void(PickChoice const&)> const& take);

/// Counts the choices that nobody has made.
Result<std::uint64_t> count_waiting(RunView const& run);

} // namespace darkroom::report
