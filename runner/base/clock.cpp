#include "runner/base/clock.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace darkroom {

namespace asio = boost::asio;

Time SteadyClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SteadyClock::wall() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

asio::awaitable<void> SteadyClock::sleep_until(Time when) {
    asio::steady_timer timer(co_await asio::this_coro::executor, when);
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace darkroom
