// Owners of running coroutines.
#pragma once

#include "runner/base/gate.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <list>
#include <memory>

namespace darkroom {

/// Runs coroutines concurrently and waits for them. Join before the group goes out of scope.
class TaskGroup {
public:
    explicit TaskGroup(boost::asio::any_io_executor executor);
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    /// Starts a child. The first exception of any child is kept for join(); the others continue.
    void spawn(boost::asio::awaitable<void> task);
    /// Cancels every child (terminal). They end later: see join().
    void cancel();
    std::size_t size() const { return children_->size(); }

    /// Completes when no child is left, at once if there is none; then rethrows the first error
    /// of a child (operation_aborted after cancel() is not an error).
    /// Cancel: terminal; the children continue.
    boost::asio::awaitable<void> join();

private:
    struct Child {
        boost::asio::cancellation_signal signal;
        bool begun = false;
        bool cancelled = false; // a child that is cancelled before it began never begins
    };
    using Children = std::list<Child>;

    boost::asio::awaitable<void> begin(Children::iterator self, boost::asio::awaitable<void> task);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Children> children_; // shared with a running cancel()
    std::exception_ptr first_error_;
    Gate empty_;
};

} // namespace darkroom
