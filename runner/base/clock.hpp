// Time as an argument: all waits and timestamps go through a Clock.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace darkroom {

using Duration = std::chrono::nanoseconds;
/// A point on the monotonic clock, for waits and deadlines only; never stored.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A calendar time in UTC, for journals, manifests and comparisons with the service's times.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// The only source of time, so that tests can simulate it.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual WallTime wall() const = 0;
    /// Completes at `when`, or at once if that is past.
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
