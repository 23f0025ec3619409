#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace asio = boost::asio;

namespace {

asio::awaitable<bool> true_after(asio::awaitable<void> task) {
    bool const done = true;
    co_await std::move(task);
    co_return done;
}

} // namespace

IoFixture::~IoFixture() {
    if (std::uncaught_exceptions() > 0) return;
    context.restart();
    BOOST_TEST(context.poll() == 0u, "handlers were left to run");
    BOOST_TEST(context.stopped(), "a coroutine is left waiting");
    BOOST_TEST(clock.sleeping() == 0u, "a coroutine is left asleep");
}

void IoFixture::poll() {
    context.restart();
    context.poll();
}

void IoFixture::run(asio::awaitable<void> task) { run(true_after(std::move(task))); }

} // namespace darkroom::test
