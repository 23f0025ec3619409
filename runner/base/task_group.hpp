// Every coroutine that is started has an owner that waits for it.
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

/// Children that run side by side. Join before the group goes out of scope.
class TaskGroup {
public:
    explicit TaskGroup(boost::asio::any_io_executor executor);
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    /// Starts a child. Its first exception is kept for join(); the others go on.
    void spawn(boost::asio::awaitable<void> task);
    /// Asks every child to end (terminal). They end later: join().
    void cancel();
    std::size_t size() const { return children_->size(); }

    /// Completes when no child is left, at once if there is none; then rethrows the first error
    /// of a child (operation_aborted after cancel() is no error).
    /// Cancel: terminal; the children go on.
    boost::asio::awaitable<void> join();

private:
    struct Child {
        boost::asio::cancellation_signal signal;
        bool begun = false;
        bool unwanted = false; // cancelled before it began: it never does
    };
    using Children = std::list<Child>;

    boost::asio::awaitable<void> begin(Children::iterator self, boost::asio::awaitable<void> task);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Children> children_; // shared with a cancel() under way
    std::exception_ptr first_error_;
    Gate empty_;
};

} // namespace darkroom
