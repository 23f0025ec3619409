// A clock for what takes longer than a test may.
#pragma once

#include "runner/base/clock.hpp"

namespace darkroom::test {

/// Real time, with a leap.
struct LaterClock : Clock {
    Time now() const override { return real.now() + leap; }
    WallTime wall() const override { return real.wall(); }
    boost::asio::awaitable<void> sleep_until(Time when) override {
        return real.sleep_until(when - leap);
    }
    SteadyClock real;
    Duration leap{};
};

} // namespace darkroom::test
