#include "tests/support/sim_clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace darkroom::test {

namespace asio = boost::asio;

namespace {

// Not zero, so that a default Time{} is far in the past and shows as a mistake.
constexpr Time first_instant{std::chrono::hours(1)};

} // namespace

/// An entry of the list, in the frame of the sleeping coroutine. It removes itself when the
/// coroutine is woken, cancelled or destroyed with its io_context.
struct SimClock::Sleeper {
    Sleeper(asio::any_io_executor const& executor, std::shared_ptr<Sleepers> sleepers, Time when)
        : alarm(executor, asio::steady_timer::time_point::max()), list(std::move(sleepers)),
          place(list->emplace(when, this)) {}
    Sleeper(Sleeper const&) = delete;
    Sleeper& operator=(Sleeper const&) = delete;
    ~Sleeper() {
        if (!woken) list->erase(place);
    }

    void wake() {
        woken = true;
        list->erase(place);
        alarm.cancel(); // resumes the coroutine
    }

    asio::steady_timer alarm;
    std::shared_ptr<Sleepers> list;
    Sleepers::iterator place;
    bool woken = false;
};

SimClock::SimClock(WallTime start)
    : now_(first_instant), start_(start), sleepers_(std::make_shared<Sleepers>()) {}

WallTime SimClock::wall() const {
    return start_ + std::chrono::floor<std::chrono::milliseconds>(now_ - first_instant);
}

asio::awaitable<void> SimClock::sleep_until(Time when) {
    auto const executor = co_await asio::this_coro::executor;
    if (when <= now_) {
        co_await asio::post(executor, asio::use_awaitable);
        co_return;
    }
    Sleeper sleeper(executor, sleepers_, when);
    auto [ec] = co_await sleeper.alarm.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ec; // operation_aborted both when woken and when cancelled
    if (!sleeper.woken) throw boost::system::system_error(asio::error::operation_aborted);
}

bool SimClock::advance() {
    if (sleepers_->empty()) return false;
    auto const first = sleepers_->begin();
    now_ = std::max(now_, first->first);
    first->second->wake();
    return true;
}

void SimClock::skip(Duration time) {
    now_ += time;
    while (!sleepers_->empty() && sleepers_->begin()->first <= now_)
        sleepers_->begin()->second->wake();
}

std::size_t SimClock::sleeping() const { return sleepers_->size(); }

bool step(asio::io_context& context, SimClock& clock) {
    context.restart();
    return context.poll_one() > 0 || clock.advance();
}

std::size_t run_until_idle(asio::io_context& context, SimClock& clock, std::size_t steps_max) {
    std::size_t steps = 0;
    while (step(context, clock)) {
        if (++steps > steps_max)
            throw std::runtime_error("still busy after " + std::to_string(steps_max) + " steps");
    }
    return steps;
}

} // namespace darkroom::test
