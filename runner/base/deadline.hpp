// Waits that end at a deadline.
#pragma once

#include "runner/base/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <optional>

namespace darkroom {

/// Runs `op` until `when`. `op` must be cancellable (terminal) and its result
/// default-constructible. Completes: with op's value, or with nothing at `when`; throws op's own
/// exception. Cancel: terminal; op and the alarm are cancelled and awaited.
template <class T>
boost::asio::awaitable<std::optional<T>> value_in_time(Clock& clock, Time when,
                                                       boost::asio::awaitable<T> op) {
    namespace asio = boost::asio;
    auto const executor = co_await asio::this_coro::executor;
    auto work = asio::co_spawn(executor, std::move(op), asio::deferred);
    auto alarm = asio::co_spawn(executor, clock.sleep_until(when), asio::deferred);
    auto race = asio::experimental::make_parallel_group(std::move(work), std::move(alarm));
    auto [order, work_error, value, alarm_error] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    bool const is_late = order[0] == 1;
    auto const& error = is_late ? alarm_error : work_error; // an alarm's: cancelled from outside
    if (error) std::rethrow_exception(error);
    std::optional<T> in_time;
    if (!is_late) in_time.emplace(std::move(value));
    co_return in_time;
}

/// Does the same, but throws system_error(timed_out) at `when`.
template <class T>
boost::asio::awaitable<T> with_deadline(Clock& clock, Time when, boost::asio::awaitable<T> op) {
    auto value = co_await value_in_time(clock, when, std::move(op));
    if (!value) throw boost::system::system_error(boost::asio::error::timed_out);
    co_return std::move(*value);
}

} // namespace darkroom
