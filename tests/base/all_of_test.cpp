// Several things at once: their values in order, the first error, and cancellation.
#include "runner/base/all_of.hpp"

#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace darkroom {

using namespace std::chrono_literals;

namespace {

struct AllOfFixture : test::IoFixture {
    boost::asio::awaitable<int> after(Duration time, int value) {
        co_await clock.sleep_for(time);
        if (value < 0) throw std::runtime_error(std::to_string(value));
        ++ended;
        co_return value;
    }
    std::vector<boost::asio::awaitable<int>> works(std::vector<int> values) {
        std::vector<boost::asio::awaitable<int>> all;
        Duration time = 1s * static_cast<int>(values.size());
        for (int const value : values) {
            all.push_back(after(time, value)); // the last one ends first
            time -= 1s;
        }
        return all;
    }
    int ended = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(all_at_once)

BOOST_FIXTURE_TEST_CASE(values_come_in_the_order_of_the_works, AllOfFixture) {
    Time const begun = clock.now();
    auto const values = run(all_of(works({3, 1, 2})));
    BOOST_TEST(values == (std::vector<int>{3, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST((clock.now() - begun == 3s));
    BOOST_TEST(run(all_of(works({7}))).front() == 7);
}

BOOST_FIXTURE_TEST_CASE(the_first_error_is_thrown_when_all_have_ended, AllOfFixture) {
    BOOST_CHECK_EXCEPTION(run(all_of(works({1, -2, -3}))), std::runtime_error,
                          [](auto const& error) { return std::string(error.what()) == "-2"; });
    BOOST_TEST(ended == 1);
}

BOOST_FIXTURE_TEST_CASE(all_are_cancelled_and_awaited, AllOfFixture) {
    TaskGroup group(executor());
    auto wait = [this]() -> boost::asio::awaitable<void> {
        auto all = works({1, 2, 3});
        co_await all_of(std::move(all));
    };
    group.spawn(wait());
    poll();
    group.cancel();
    Time const begun = clock.now();
    run(group.join());
    BOOST_TEST(ended == 0);
    BOOST_TEST((clock.now() == begun));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom
