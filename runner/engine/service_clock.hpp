// Knows the service's clock by its Date headers, and how long ago a request was sent.
#pragma once

#include "runner/engine/ports.hpp"

#include <optional>

namespace darkroom::engine {

class ServiceClock {
public:
    /// Both outlive this.
    ServiceClock(Clock& clock, Provider& provider) : clock_(clock), provider_(provider) {}

    /// The service has just said its time.
    void note(WallTime service_time) { ahead_ = service_time - clock_.wall(); }
    /// Returns the service's clock minus ours; none before its first answer.
    std::optional<std::chrono::milliseconds> ahead() const;
    /// Returns how long ago a request was sent: by our waits, or, for an earlier run's, by the
    /// service's clock where both are known.
    Duration age(std::optional<Time> sent, WallTime sent_at,
                 std::optional<std::chrono::milliseconds> ahead_then) const;

private:
    Clock& clock_;
    Provider& provider_;
    std::optional<std::chrono::milliseconds> ahead_;
};

} // namespace darkroom::engine
