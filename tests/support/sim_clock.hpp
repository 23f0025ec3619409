// Simulated time: a test decides when it passes, so that waits take no real time.
#pragma once

#include "runner/base/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <map>
#include <memory>

namespace darkroom::test {

/// A Clock that advances only on request. One thread only. It may be destroyed before or after the
/// io_context whose coroutines sleep on it, so that a simulation can drop a whole "process" and
/// keep the time.
class SimClock final : public Clock {
public:
    /// Starts the simulation at the calendar time `start`.
    explicit SimClock(WallTime start = WallTime(std::chrono::sys_days(std::chrono::year(2026) /
                                                                      std::chrono::March / 1)));

    Time now() const override { return now_; }
    /// Returns the start plus the time passed since, in whole milliseconds.
    WallTime wall() const override;
    /// Completes when advance() or skip() reaches `when`; at once (after the handlers that are
    /// ready) if that is past. Cancel: terminal; throws operation_aborted.
    boost::asio::awaitable<void> sleep_until(Time when) override;

    /// Advances to the earliest sleeper and wakes it; of equal ones the first that began to sleep.
    /// Returns false when nobody sleeps: then no time passes.
    bool advance();
    /// Advances by `time` at once and wakes all due sleepers in order, as after a busy period of
    /// the machine.
    void skip(Duration time);
    /// Returns the number of sleeping coroutines.
    std::size_t sleeping() const;

private:
    struct Sleeper;
    using Sleepers = std::multimap<Time, Sleeper*>;

    Time now_;
    WallTime start_;
    std::shared_ptr<Sleepers> sleepers_; // shared with the sleepers, which remove themselves
};

/// Runs one ready handler or, if there is none, advances to the next sleeper. Returns false when
/// there is neither; a coroutine that waits for something else may still exist.
bool step(boost::asio::io_context& context, SimClock& clock);

/// Calls step() until it returns false, and returns the number of steps. Throws std::runtime_error
/// after `steps_max`: something polls forever.
std::size_t run_until_idle(boost::asio::io_context& context, SimClock& clock,
                           std::size_t steps_max = 1'000'000);

} // namespace darkroom::test
