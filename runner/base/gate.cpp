#include "runner/base/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace darkroom {

namespace asio = boost::asio;

Gate::Gate(asio::any_io_executor executor)
    : never_(executor, asio::steady_timer::time_point::max()) {}

asio::awaitable<void> Gate::wait() {
    bool const awake = co_await woken();
    if (!awake) throw boost::system::system_error(asio::error::operation_aborted);
}

asio::awaitable<bool> Gate::woken() {
    auto [ec] = co_await never_.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ec; // operation_aborted for a wake-up as well as for a cancelled waiter
    auto const state = co_await asio::this_coro::cancellation_state;
    bool const awake = state.cancelled() == asio::cancellation_type::none;
    if (!awake) wake_one(); // a wake-up that was meant for this waiter goes to the next
    co_return awake;
}

void Gate::wake_one() { never_.cancel_one(); }
void Gate::wake_all() { never_.cancel(); }

} // namespace darkroom
