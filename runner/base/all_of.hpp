// Waits for several things at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <exception>
#include <utility>
#include <vector>

namespace darkroom {

/// Runs all of them at once; there is at least one, and their result is default-constructible.
/// Completes: with their values in the same order, when all have ended; throws the first of their
/// exceptions then. Cancel: terminal; all are cancelled and awaited.
template <class T>
boost::asio::awaitable<std::vector<T>> all_of(std::vector<boost::asio::awaitable<T>> works) {
    namespace asio = boost::asio;
    assert(!works.empty()); // a group of none would never end
    auto const executor = co_await asio::this_coro::executor;
    auto const spawned = [&executor](asio::awaitable<T> work) {
        return asio::co_spawn(executor, std::move(work), asio::deferred);
    };
    std::vector<decltype(spawned(std::move(works.front())))> running;
    for (auto& work : works) running.push_back(spawned(std::move(work)));
    auto group = asio::experimental::make_parallel_group(std::move(running));
    auto [order, errors, values] =
        co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (auto const& error : errors) {
        if (error) std::rethrow_exception(error);
    }
    co_return std::move(values);
}

} // namespace darkroom
