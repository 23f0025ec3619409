// The stage of a test with coroutines: a context, simulated time, and a check that all went home.
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

/// Use as the base of a test case or of a fixture of your own. Its destructor fails the test that
/// leaves a coroutine running, waiting or asleep. A test that has failed already is left alone: its
/// coroutines may point into what is gone.
struct IoFixture {
    IoFixture() = default;
    IoFixture(IoFixture const&) = delete;
    IoFixture& operator=(IoFixture const&) = delete;
    ~IoFixture();

    boost::asio::any_io_executor executor() { return context.get_executor(); }

    /// Runs handlers, and lets time pass, until nothing is left to do.
    void run() { run_until_idle(context, clock); }
    /// Runs only what is ready now: no time passes.
    void poll();

    /// Runs `task` and whatever else is there until idle. Returns its value or throws its
    /// exception; throws std::runtime_error when it still waits for something at the end.
    template <class T>
    T run(boost::asio::awaitable<T> task) {
        struct Outcome {
            std::exception_ptr failure;
            std::optional<T> value;
        };
        auto const outcome = std::make_shared<Outcome>(); // a task that is left may still end
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
