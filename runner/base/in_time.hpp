// Deadlines that are results instead of exceptions.
#pragma once

#include "runner/base/deadline.hpp"
#include "runner/base/gate.hpp"

namespace darkroom {

/// Runs `op` (cancellable, ends with true) until `deadline`. Completes: true when it ended by
/// itself, false when the deadline ended it. Cancel: terminal; throws operation_aborted.
inline boost::asio::awaitable<bool> in_time(Clock& clock, Time deadline,
                                            boost::asio::awaitable<bool> op) {
    bool ended = false;
    try {
        ended = co_await with_deadline(clock, deadline, std::move(op));
    } catch (boost::system::system_error const& error) {
        if (error.code() != boost::asio::error::timed_out) throw;
    }
    co_return ended;
}

/// Waits at a gate, for in_time(). Completes: true at the next wake-up. Cancel: terminal; throws
/// operation_aborted.
inline boost::asio::awaitable<bool> woken(Gate& gate) {
    bool const awake = true;
    co_await gate.wait();
    co_return awake;
}

} // namespace darkroom
