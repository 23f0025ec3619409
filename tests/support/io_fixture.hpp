// The fixture of tests with coroutines: a context, simulated time, and a check that all have ended.
#pragma once

#include "tests/support/sim_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace darkroom::test {

/// The base of a test case or of another fixture. Its destructor fails a test that leaves a
/// coroutine running, waiting or asleep. It does not check a test that has failed already, whose
/// coroutines may point to destroyed objects.
struct IoFixture {
    IoFixture() = default;
    IoFixture(IoFixture const&) = delete;
    IoFixture& operator=(IoFixture const&) = delete;
    ~IoFixture();

    boost::asio::any_io_executor executor() { return context.get_executor(); }

    /// Runs handlers, and lets time pass, until there are none.
    void run() { run_until_idle(context, clock); }
    /// Runs only what is ready now: no time passes.
    void poll();

    /// Runs `task` and all other handlers until idle. Returns its value or throws its
    /// exception; throws std::runtime_error when it still waits for something at the end.
    template <class T>
    T run(boost::asio::awaitable<T> task) {
        struct Outcome {
            std::exception_ptr failure;
            std::optional<T> value;
        };
        auto const outcome = std::make_shared<Outcome>(); // a task that still waits may end later
        auto on_end = [outcome](std::exception_ptr failure, T value) {
            outcome->failure = failure;
            outcome->value = std::move(value);
        };
        boost::asio::co_spawn(context, std::move(task), std::move(on_end));
        run();
        if (outcome->failure) std::rethrow_exception(outcome->failure);
        if (!outcome->value)
            throw std::runtime_error("the task waits for something that never comes");
        return std::move(*outcome->value);
    }
    void run(boost::asio::awaitable<void> task);

    SimClock clock;
    boost::asio::io_context context;
};

} // namespace darkroom::test
