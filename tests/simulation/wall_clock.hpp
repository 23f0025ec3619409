// Our machine's clock, which may be wrong; time itself passes as in the world.
#pragma once

#include "runner/base/clock.hpp"

#include <boost/asio/awaitable.hpp>

namespace darkroom::simulation {

class WallClock final : public Clock {
public:
    explicit WallClock(Clock& clock) : clock_(clock) {}

    Time now() const override { return clock_.now(); }
    WallTime wall() const override {
        return clock_.wall() + std::chrono::floor<std::chrono::milliseconds>(ahead);
    }
    boost::asio::awaitable<void> sleep_until(Time when) override {
        return clock_.sleep_until(when);
    }

    Duration ahead{}; ///< Its lead over the true time.

private:
    Clock& clock_;
};

} // namespace darkroom::simulation
