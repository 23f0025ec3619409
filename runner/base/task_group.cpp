#include "runner/base/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace darkroom {

namespace asio = boost::asio;

namespace {

bool is_cancellation(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) { // any other type is a real error: join() rethrows it
        return false;
    }
}

} // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(executor), children_(std::make_shared<Children>()), empty_(executor) {}

void TaskGroup::spawn(asio::awaitable<void> task) {
    auto const self = children_->emplace(children_->end());
    auto on_end = [this, self](std::exception_ptr error) {
        if (error && !first_error_ && !is_cancellation(error)) first_error_ = error;
        children_->erase(self);
        if (children_->empty()) empty_.wake_all();
    };
    asio::co_spawn(executor_, begin(self, std::move(task)),
                   asio::bind_cancellation_slot(self->signal.slot(), std::move(on_end)));
}

// Asio 1.26's co_spawn ends with an await of its own when the task never had to wait. If the task
// is cancelled by then, that await throws out of io_context::run(). So every child waits once, and
// none is cancelled before it has begun.
asio::awaitable<void> TaskGroup::begin(Children::iterator self, asio::awaitable<void> task) {
    self->begun = true;
    if (self->cancelled) co_return;
    co_await asio::post(executor_, asio::use_awaitable);
    co_await std::move(task);
}

void TaskGroup::cancel() {
    // co_spawn forwards a signal with a dispatch that points into the signal. Outside the loop that
    // is a post, and the child may have ended before it runs; inside the loop it is a call.
    auto emit = [children = children_] {
        // A child may end, and so erase itself, during emit().
        for (auto next = children->begin(); next != children->end();) {
            auto& child = *next++;
            child.cancelled = true;
            if (child.begun) child.signal.emit(asio::cancellation_type::terminal);
        }
    };
    asio::dispatch(executor_, std::move(emit));
}

asio::awaitable<void> TaskGroup::join() {
    while (!children_->empty()) co_await empty_.wait();
    if (first_error_) std::rethrow_exception(std::exchange(first_error_, nullptr));
}

} // namespace darkroom
