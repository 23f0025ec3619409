// Blocking work on a thread pool, awaited by a coroutine.
#pragma once

#include "runner/base/gate.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace darkroom {

/// Holds a result until the coroutine that waits for it resumes. Only the loop's thread touches it.
template <class T>
struct PoolResult {
    explicit PoolResult(boost::asio::any_io_executor executor) : done(std::move(executor)) {}
    Gate done;
    std::optional<T> value;
    std::exception_ptr failure;
};

/// Runs `work` on `pool`. `work` must own what it uses.
/// Completes: on the caller's executor, with its value or its exception. Cancel: terminal; the
/// caller resumes at once, and the work still runs to its end. The pool must be joined before the
/// executor's context ends.
template <class T>
boost::asio::awaitable<T> on_pool(boost::asio::thread_pool& pool, std::function<T()> work) {
    auto const executor = co_await boost::asio::this_coro::executor;
    auto const result = std::make_shared<PoolResult<T>>(executor);
    auto job = [executor, held = result, work = std::move(work)]() mutable {
        std::optional<T> value;
        std::exception_ptr failure;
        try {
            value.emplace(work());
        } catch (...) { // rethrown to the caller, on the caller's thread
            failure = std::current_exception();
        }
        // The gate travels there and back: its timer must be destroyed on the loop's thread.
        auto report = [held = std::move(held), value = std::move(value), failure]() mutable {
            held->value = std::move(value);
            held->failure = failure;
            held->done.wake_all();
        };
        boost::asio::post(executor, std::move(report));
    };
    boost::asio::post(pool, std::move(job));
    while (!result->value && !result->failure) {
        co_await result->done.wait();
    }
    if (result->failure) std::rethrow_exception(result->failure);
    co_return std::move(*result->value);
}

} // namespace darkroom
