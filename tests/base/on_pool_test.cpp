// Work on other threads: its value and its exception reach the caller.
#include "runner/base/on_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <thread>

using namespace darkroom;
namespace asio = boost::asio;

namespace {

/// Runs `work` on a pool and returns its value or throws its exception.
std::string run_on_pool(std::function<std::string()> work) {
    asio::io_context context;
    std::string value;
    std::exception_ptr failure;
    {
        asio::thread_pool pool(1);
        auto const keep_running = asio::make_work_guard(context);
        auto on_end = [&](std::exception_ptr error, std::string result) {
            failure = error;
            value = std::move(result);
            context.stop();
        };
        asio::co_spawn(context, on_pool<std::string>(pool, std::move(work)), on_end);
        context.run();
        pool.join();
    }
    if (failure) std::rethrow_exception(failure);
    return value;
}

} // namespace

BOOST_AUTO_TEST_SUITE(on_pool_work)

BOOST_AUTO_TEST_CASE(its_value_comes_back_from_another_thread) {
    auto const here = std::this_thread::get_id();
    bool elsewhere = false;
    auto const value = run_on_pool([&] {
        elsewhere = std::this_thread::get_id() != here;
        return std::string("made");
    });
    BOOST_TEST(value == "made");
    BOOST_TEST(elsewhere);
}

BOOST_AUTO_TEST_CASE(its_exception_is_the_callers) {
    BOOST_CHECK_EXCEPTION(
        run_on_pool([]() -> std::string { throw std::runtime_error("no paint"); }),
        std::runtime_error,
        [](std::runtime_error const& error) { return error.what() == std::string("no paint"); });
}

BOOST_AUTO_TEST_SUITE_END()
