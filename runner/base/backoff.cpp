#include "runner/base/backoff.hpp"

#include <algorithm>
#include <cassert>

namespace darkroom {

namespace {

Duration times(Duration time, double by) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(time.count()) * by));
}

} // namespace

Duration Backoff::after(int failures) const {
    assert(failures >= 0 && factor > 1);
    Duration wait = std::min(first, cap);
    for (int i = 0; i < failures && wait < cap && wait > Duration(); ++i)
        wait = std::min(times(wait, factor), cap);
    return wait;
}

Duration Backoff::after(int failures, double chance) const {
    assert(chance >= 0 && chance < 1);
    return times(after(failures), chance);
}

Duration Backoff::at_age(Duration age) const {
    assert(factor > 1 && first <= cap);
    return std::clamp(times(std::max(age, Duration()), factor - 1), first, cap);
}

Duration with_hint(Duration own, std::optional<Duration> hint) {
    return std::max(own, std::min(hint.value_or(Duration()), hint_max));
}

} // namespace darkroom
