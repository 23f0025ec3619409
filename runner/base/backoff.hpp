// How long to wait before the next try: one policy for every wait of the program. Pure.
#pragma once

#include "runner/base/clock.hpp"

#include <optional>

namespace darkroom {

/// Grows by `factor` from `first` to `cap`. A policy knows no state: the caller says how often it
/// has failed, or how long it has waited already.
struct Backoff {
    Duration first{};
    Duration cap{};
    double factor = 2; ///< Above 1.

    /// Returns min(cap, first × factor^failures).
    Duration after(int failures) const;
    /// Returns a part of that (full jitter). `chance`: in [0, 1).
    Duration after(int failures, double chance) const;
    /// Returns the wait that a series of this factor has come to when it has lasted for `age`:
    /// age × (factor - 1), between `first` and `cap`.
    Duration at_age(Duration age) const;
};

/// No hint of a service (Retry-After) holds anything up for longer.
constexpr Duration hint_max = std::chrono::hours(1);

/// Returns the longer of our own wait and the service's hint, which counts up to `hint_max`.
Duration with_hint(Duration own, std::optional<Duration> hint);

} // namespace darkroom
