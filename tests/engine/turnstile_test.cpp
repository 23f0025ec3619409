#include "runner/engine/turnstile.hpp"

#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

struct Fixture : test::IoFixture {
    Turnstile door{executor(), 2};
    TaskGroup visitors{executor()};
    std::string order;

    boost::asio::awaitable<void> visit(char name, Place place) {
        auto const pass = co_await door.enter(place);
        order += pass ? name : '-';
        co_await clock.sleep_for(1s);
    }
    boost::asio::awaitable<void> join_and_end() { co_await visitors.join(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_lower_rank_goes_first_then_the_earlier, Fixture) {
    visitors.spawn(visit('a', {0, 1}));
    visitors.spawn(visit('b', {0, 2}));
    poll();
    visitors.spawn(visit('c', {0, 3}));
    visitors.spawn(visit('d', {-1, 5}));
    visitors.spawn(visit('e', {-1, 4}));
    visitors.spawn(visit('f', {-2, 6}));
    poll();
    BOOST_TEST(order == "ab");
    BOOST_TEST(door.waiting() == 4u);
    run(join_and_end());
    BOOST_TEST(order == "abfedc");
    BOOST_TEST(door.inside() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_closed_door_turns_away_who_waits_and_who_comes, Fixture) {
    for (char name : {'a', 'b', 'c', 'd'}) visitors.spawn(visit(name, {0, 0}));
    poll();
    door.close();
    visitors.spawn(visit('e', {0, 0}));
    run(join_and_end());
    BOOST_TEST(order == "ab---");
    BOOST_TEST(door.inside() == 0);
}

BOOST_FIXTURE_TEST_CASE(cancelled_visitors_leave_no_place_taken, Fixture) {
    for (char name : {'a', 'b', 'c', 'd'}) visitors.spawn(visit(name, {0, 0}));
    poll();
    visitors.cancel();
    run(join_and_end());
    BOOST_TEST(door.inside() == 0);
    BOOST_TEST(door.waiting() == 0u);
}

} // namespace darkroom::engine
