// The clocks of one machine: its calendar may be wrong, and some stand still while it does nothing.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/postgres/boot_time.hpp"

#include <boost/asio/awaitable.hpp>

namespace darkroom::simulation {

class MachineClock final : public Clock {
public:
    explicit MachineClock(Clock& world) : world_(world) {}

    Time now() const override { return world_.now() - stood_still_; }
    WallTime wall() const override {
        return world_.wall() + std::chrono::floor<std::chrono::milliseconds>(ahead);
    }
    boost::asio::awaitable<void> sleep_until(Time when) override {
        bool is_early = true;
        while (is_early) {
            co_await world_.sleep_until(when + stood_still_);
            is_early = now() < when;
        }
    }
    /// Returns the two clocks that the program looks at before it sends.
    postgres::BootTime boot_time() const {
        auto const passed = world_.now().time_since_epoch();
        return {passed - not_counted_, passed + ahead};
    }

    /// The machine has slept so long: only the clock that counts from the boot has seen it.
    void suspend(Duration time) { stood_still_ += time; }
    /// A virtual machine was paused so long: only its calendar has seen it.
    void pause(Duration time) {
        stood_still_ += time;
        not_counted_ += time;
    }

    Duration ahead{}; ///< Its calendar's lead over the true one.

private:
    Clock& world_;
    Duration stood_still_{};
    Duration not_counted_{};
};

} // namespace darkroom::simulation
