// Permits by priority, in simulated time.
#include "runner/base/semaphore.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace darkroom {

using namespace std::chrono_literals;

namespace {

using Permit = PrioritySemaphore::Permit;

struct Fixture : test::IoFixture {
    PrioritySemaphore semaphore{executor(), 2};
    TaskGroup holders{executor()};
    std::string order;

    boost::asio::awaitable<void> hold(char name, Priority priority) {
        auto const permit = co_await semaphore.acquire(priority);
        order += permit ? name : '-';
        co_await clock.sleep_for(1s);
    }
    boost::asio::awaitable<void> hold_by_turns(char name) {
        auto const permit = co_await semaphore.acquire();
        order += permit ? name : '-';
        co_await clock.sleep_for(1s);
    }
    boost::asio::awaitable<void> join_and_end() { co_await holders.join(); }
    boost::asio::awaitable<bool> acquire_until(Time when) {
        bool in_time = true;
        try {
            auto const permit = co_await with_deadline(clock, when, semaphore.acquire());
            order += permit ? 'p' : '-';
        } catch (boost::system::system_error const& error) {
            if (error.code() != boost::asio::error::timed_out) throw;
            in_time = false;
        }
        co_return in_time;
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_lower_rank_is_served_first_then_the_lower_order, Fixture) {
    holders.spawn(hold('a', {0, 1}));
    holders.spawn(hold('b', {0, 2}));
    poll();
    holders.spawn(hold('c', {0, 3}));
    holders.spawn(hold('d', {-1, 5}));
    holders.spawn(hold('e', {-1, 4}));
    holders.spawn(hold('f', {-2, 6}));
    poll();
    BOOST_TEST(order == "ab");
    BOOST_TEST(semaphore.waiting() == 4u);
    run(join_and_end());
    BOOST_TEST(order == "abfedc");
    BOOST_TEST(semaphore.in_use() == 0);
}

BOOST_FIXTURE_TEST_CASE(without_priorities_the_first_to_come_is_served_first, Fixture) {
    for (char name : {'a', 'b', 'c', 'd', 'e'}) holders.spawn(hold_by_turns(name));
    run(join_and_end());
    BOOST_TEST(order == "abcde");
}

BOOST_FIXTURE_TEST_CASE(a_closed_semaphore_gives_no_permit_to_those_who_wait_or_come, Fixture) {
    for (char name : {'a', 'b', 'c', 'd'}) holders.spawn(hold(name, {0, 0}));
    poll();
    semaphore.close();
    holders.spawn(hold('e', {0, 0}));
    run(join_and_end());
    BOOST_TEST(order == "ab---");
    BOOST_TEST(semaphore.in_use() == 0);
    BOOST_TEST(!semaphore.try_acquire().has_value());
}

BOOST_FIXTURE_TEST_CASE(cancelled_waiters_and_holders_leave_no_permit_in_use, Fixture) {
    for (char name : {'a', 'b', 'c', 'd'}) holders.spawn(hold(name, {0, 0}));
    poll();
    holders.cancel();
    run(join_and_end());
    BOOST_TEST(semaphore.in_use() == 0);
    BOOST_TEST(semaphore.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_permit_is_tried_for_without_a_wait, Fixture) {
    auto first = semaphore.try_acquire();
    auto const second = semaphore.try_acquire();
    BOOST_TEST((first && second));
    BOOST_TEST(!semaphore.try_acquire().has_value());
    first.reset();
    BOOST_TEST(semaphore.in_use() == 1);
    BOOST_TEST(semaphore.try_acquire().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_wait_that_is_cut_off_takes_no_permit_away, Fixture) {
    for (char name : {'a', 'b'}) holders.spawn(hold(name, {0, 0}));
    poll();
    BOOST_TEST(!run(acquire_until(clock.now() + 500ms)));
    BOOST_TEST(semaphore.waiting() == 0u);
    BOOST_TEST(run(acquire_until(clock.now() + 5s)));
    run(join_and_end());
    BOOST_TEST(semaphore.in_use() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_permit_may_outlive_its_semaphore, Fixture) {
    std::optional<Permit> permit;
    {
        PrioritySemaphore brief(executor(), 1);
        permit = brief.try_acquire();
        BOOST_TEST(permit.has_value());
    }
    permit.reset();
}

} // namespace darkroom
