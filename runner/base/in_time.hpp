// Deadlines that are results instead of exceptions.
#pragma once

#include "runner/base/deadline.hpp"

namespace darkroom {

/// Runs `op` (cancellable, ends with true) until `deadline`. Completes: true when it ended by
/// itself, false when the deadline ended it. Cancel: terminal; throws operation_aborted.
inline boost::asio::awaitable<bool> in_time(Clock& clock, Time deadline,
                                            boost::asio::awaitable<bool> op) {
    auto const ended = co_await value_in_time(clock, deadline, std::move(op));
    if (ended && *ended) co_return true;
    auto const state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    co_return false;
}

} // namespace darkroom
