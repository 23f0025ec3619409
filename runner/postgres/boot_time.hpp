// Time that does not stand still while the machine sleeps.
#pragma once

#include "runner/base/clock.hpp"

namespace darkroom::postgres {

/// Two clocks at one moment: one that only runs on, also in suspend, and the calendar's. A virtual
/// machine that was paused may see it on the second one alone.
struct BootTime {
    Duration since_boot{};
    Duration calendar{};
};

BootTime boot_time();

/// Returns the time between two moments by the clock that has seen more of it.
Duration between(BootTime const& before, BootTime const& after);

} // namespace darkroom::postgres
