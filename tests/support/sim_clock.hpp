// Simulated time: a test decides when it passes, and ninety seconds take no time at all.
#pragma once

#include "runner/base/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <map>
#include <memory>

namespace darkroom::test {

/// A Clock that stands still until it is told to go on. One thread only.
/// It may die before or after the io_context whose coroutines sleep on it, so that a simulation can
/// drop a whole "process" and keep the time.
class SimClock final : public Clock {
public:
    /// `start` is the calendar time at which the simulation begins.
    explicit SimClock(WallTime start = WallTime(std::chrono::sys_days(std::chrono::year(2026) /
                                                                      std::chrono::March / 1)));

    Time now() const override { return now_; }
    /// The start plus what has passed since, whole milliseconds.
    WallTime wall() const override;
    /// Completes when advance() or skip() reaches `when`; at once (after the handlers that are
    /// ready) if that is past. Cancel: terminal; throws operation_aborted.
    boost::asio::awaitable<void> sleep_until(Time when) override;

    /// Jumps to the earliest sleeper and wakes it; of equal ones the first that lay down.
    /// False when nobody sleeps: then no time passes.
    bool advance();
    /// Lets `time` pass at once and wakes everybody who is due, in order: a machine that was busy.
    void skip(Duration time);
    /// How many coroutines sleep.
    std::size_t sleeping() const;

private:
    struct Sleeper;
    using Sleepers = std::multimap<Time, Sleeper*>;

    Time now_;
    WallTime start_;
    std::shared_ptr<Sleepers> sleepers_; // shared with the sleepers: a killed one takes itself off
};

/// Runs one ready handler; when there is none, lets time pass to the next sleeper.
/// False when neither is left. A coroutine that waits for something else may still be there.
bool step(boost::asio::io_context& context, SimClock& clock);

/// step() until nothing is left; returns how many steps that took. Throws std::runtime_error after
/// `steps_max`: something polls for ever.
std::size_t run_until_idle(boost::asio::io_context& context, SimClock& clock,
                           std::size_t steps_max = 1'000'000);

} // namespace darkroom::test
