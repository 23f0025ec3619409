#include "runner/base/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace darkroom {

namespace asio = boost::asio;

Gate::Gate(asio::any_io_executor executor)
    : never_(std::move(executor), asio::steady_timer::time_point::max()) {}

asio::awaitable<void> Gate::wait() {
    // The wake-up arrives as operation_aborted. A real cancellation of the waiter also ends the
    // wait here; its next await throws, since throw_if_cancelled is on by default.
    auto [ec] = co_await never_.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ec;
}

void Gate::wake_one() { never_.cancel_one(); }
void Gate::wake_all() { never_.cancel(); }

} // namespace darkroom
