// A condition variable for coroutines of one thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace darkroom {

/// Waiters loop: `while (!ready()) { co_await gate.wait(); }`. A wake-up only means that the
/// condition may have changed. The owner of the condition owns the gate, which must outlive its
/// waiters.
class Gate {
public:
    explicit Gate(boost::asio::any_io_executor executor);

    /// Completes at the next wake. Cancel: terminal; throws operation_aborted.
    boost::asio::awaitable<void> wait();
    /// Completes: true at the next wake, false when it was cancelled (terminal). A wait that often
    /// ends at a deadline costs no exception this way: see in_time().
    boost::asio::awaitable<bool> woken();
    void wake_one();
    void wake_all();

private:
    boost::asio::steady_timer never_; // expires at Time::max(); cancelling it is the wake-up
};

} // namespace darkroom
