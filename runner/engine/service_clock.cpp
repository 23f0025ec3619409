#include "runner/engine/service_clock.hpp"

#include <algorithm>

namespace darkroom::engine {

using std::chrono::milliseconds;

std::optional<milliseconds> ServiceClock::ahead() const {
    constexpr std::chrono::hours most(24 * 365); // far from where Duration overflows
    auto const ahead = ahead_ ? ahead_ : provider_.service_ahead();
    if (!ahead) return ahead;
    return std::clamp<milliseconds>(*ahead, -most, most);
}

Duration ServiceClock::age(std::optional<Time> sent, WallTime sent_at,
                           std::optional<milliseconds> ahead_then) const {
    if (sent) return clock_.now() - *sent;
    auto const ahead_now = ahead().value_or(milliseconds());
    return (clock_.wall() + ahead_now) - (sent_at + ahead_then.value_or(ahead_now));
}

} // namespace darkroom::engine
