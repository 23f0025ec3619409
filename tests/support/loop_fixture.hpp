// The fixture of tests in real time, with other threads or sockets.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace darkroom::test {

/// Runs coroutines that wait for other threads or for sockets.
struct LoopFixture {
    boost::asio::any_io_executor executor() { return context.get_executor(); }

    void run() {
        context.restart();
        context.run();
    }

    /// Runs until nothing is left to do. Returns the value of `task` or throws its exception.
    template <class T>
    T run(boost::asio::awaitable<T> task) {
        std::optional<T> result;
        std::exception_ptr failure;
        auto on_end = [&](std::exception_ptr error, T value) {
            failure = error;
            result = std::move(value);
        };
        boost::asio::co_spawn(context, std::move(task), on_end);
        run();
        if (failure) std::rethrow_exception(failure);
        return std::move(*result);
    }

    boost::asio::io_context context;
};

} // namespace darkroom::test
