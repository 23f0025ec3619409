// Time as an argument: whoever waits or stamps does it through a Clock.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace darkroom {

using Duration = std::chrono::nanoseconds;
/// A point on the monotonic clock; for waits and deadlines only, never stored.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A calendar time, UTC; for journals, manifests and comparing with the service's times.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual WallTime wall() const = 0;
    /// Completes at `when`, at once if that is past.
    /// Cancel: terminal only; throws operation_aborted.
    virtual boost::asio::awaitable<void> sleep_until(Time when) = 0;

    boost::asio::awaitable<void> sleep_for(Duration time) { return sleep_until(now() + time); }
};

/// The machine's clocks.
class SteadyClock final : public Clock {
public:
    Time now() const override;
    WallTime wall() const override;
    boost::asio::awaitable<void> sleep_until(Time when) override;
};

} // namespace darkroom
