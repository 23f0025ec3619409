// The machine's clocks: the few properties that simulated time cannot show.
#include "runner/base/clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>

using namespace darkroom;
using namespace std::chrono_literals;
namespace asio = boost::asio;

BOOST_AUTO_TEST_CASE(a_real_sleep_lasts_at_least_as_long_as_asked) {
    SteadyClock clock;
    asio::io_context context;
    auto const end = clock.now() + 2ms;
    bool done = false;
    asio::co_spawn(context, clock.sleep_until(end), [&](std::exception_ptr e) { done = !e; });
    context.run();
    BOOST_TEST(done);
    BOOST_TEST((clock.now() >= end));
}

BOOST_AUTO_TEST_CASE(a_sleep_until_the_past_completes) {
    SteadyClock clock;
    asio::io_context context;
    bool done = false;
    asio::co_spawn(context, clock.sleep_until(clock.now() - 1h),
                   [&](std::exception_ptr e) { done = !e; });
    context.run();
    BOOST_TEST(done);
}

BOOST_AUTO_TEST_CASE(a_cancelled_sleep_throws_at_once) {
    SteadyClock clock;
    asio::io_context context;
    asio::cancellation_signal stop;
    std::exception_ptr failure;
    asio::co_spawn(context, clock.sleep_for(1h),
                   asio::bind_cancellation_slot(
                       stop.slot(), [&](std::exception_ptr e) { failure = std::move(e); }));
    context.poll();
    stop.emit(asio::cancellation_type::terminal);
    context.run();
    BOOST_REQUIRE(failure);
    auto is_cancelled = [](boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    };
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), boost::system::system_error,
                          is_cancelled);
}

BOOST_AUTO_TEST_CASE(the_wall_clock_shows_the_calendar_and_the_other_never_runs_back) {
    SteadyClock clock;
    auto const difference = std::chrono::system_clock::now() - clock.wall();
    BOOST_TEST((difference < 1min && difference > -1min));
    auto const before = clock.now();
    BOOST_TEST((clock.now() >= before));
}
