#include "runner/base/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace darkroom {

namespace asio = boost::asio;

namespace {

bool is_cancellation(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) { // any other type is a real error; the caller keeps it and join() rethrows it
        return false;
    }
}

} // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(executor), signals_(std::make_shared<Signals>()), empty_(executor) {}

void TaskGroup::spawn(asio::awaitable<void> task) {
    auto const self = signals_->emplace(signals_->end());
    auto on_end = [this, self](std::exception_ptr error) {
        if (error && !first_error_ && !is_cancellation(error)) first_error_ = error;
        signals_->erase(self);
        if (signals_->empty()) empty_.wake_all();
    };
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(self->slot(), std::move(on_end)));
}

void TaskGroup::cancel() {
    // co_spawn passes a signal on with a dispatch of its own that points into the signal. Outside
    // the loop that is a post, and the child may have ended before it runs. Inside it is a call.
    auto emit = [signals = signals_] {
        // A child may end, and so erase its own signal, while it is told to.
        for (auto signal = signals->begin(); signal != signals->end();) {
            (signal++)->emit(asio::cancellation_type::terminal);
        }
    };
    asio::dispatch(executor_, std::move(emit));
}

asio::awaitable<void> TaskGroup::join() {
    while (!signals_->empty()) co_await empty_.wait();
    if (first_error_) std::rethrow_exception(std::exchange(first_error_, nullptr));
}

} // namespace darkroom
