// Concurrent waiting: sleeps, deadlines, gates and task groups, in simulated time.
#include "runner/base/deadline.hpp"
#include "runner/base/gate.hpp"
#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

using namespace darkroom;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::awaitable;
using boost::system::system_error;

namespace {

bool is_timed_out(system_error const& e) { return e.code() == asio::error::timed_out; }
bool is_cancelled(system_error const& e) { return e.code() == asio::error::operation_aborted; }

awaitable<int> value_after(Clock& clock, Duration time) {
    co_await clock.sleep_for(time);
    co_return 7;
}

awaitable<int> failure_after(Clock& clock, Duration time) {
    co_await clock.sleep_for(time);
    throw std::runtime_error("the job's own error");
}

/// Collects the names of coroutines in the order in which they wake.
class Diary {
public:
    explicit Diary(Clock& clock) : clock_(clock) {}

    awaitable<void> write_after(std::string name, Duration time) {
        co_await clock_.sleep_for(time);
        text_ += name;
    }
    std::string const& text() const { return text_; }

private:
    Clock& clock_;
    std::string text_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(simulated_time)

BOOST_FIXTURE_TEST_CASE(sleepers_wake_in_the_order_of_their_times, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    tasks.spawn(diary.write_after("c", 3s));
    tasks.spawn(diary.write_after("a", 1s));
    tasks.spawn(diary.write_after("b", 90min));
    auto const began = clock.now();
    auto const wall_began = clock.wall();
    run(tasks.join());
    BOOST_TEST(diary.text() == "acb");
    BOOST_TEST((clock.now() - began == 90min));
    BOOST_TEST((clock.wall() - wall_began == 90min));
}

BOOST_FIXTURE_TEST_CASE(sleepers_of_one_instant_wake_in_the_order_in_which_they_began,
                        test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    for (char const* name : {"a", "b", "c", "d"}) tasks.spawn(diary.write_after(name, 1s));
    run(tasks.join());
    BOOST_TEST(diary.text() == "abcd");
}

BOOST_FIXTURE_TEST_CASE(no_time_passes_when_nobody_sleeps, test::IoFixture) {
    auto const began = clock.now();
    BOOST_TEST(!clock.advance());
    run(clock.sleep_until(began - 1h));
    BOOST_TEST((clock.now() == began));
}

BOOST_FIXTURE_TEST_CASE(a_skip_wakes_all_who_are_due_and_no_one_else, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    tasks.spawn(diary.write_after("a", 1s));
    tasks.spawn(diary.write_after("b", 2s));
    tasks.spawn(diary.write_after("c", 3s));
    poll();
    BOOST_TEST(clock.sleeping() == 3u);
    clock.skip(2s);
    BOOST_TEST(clock.sleeping() == 1u);
    poll();
    BOOST_TEST(diary.text() == "ab");
    run(tasks.join());
}

BOOST_AUTO_TEST_CASE(a_dropped_context_takes_its_sleepers_off_the_clock) {
    test::SimClock clock;
    Diary diary(clock);
    {
        asio::io_context context;
        asio::co_spawn(context, diary.write_after("never", 1s), [](std::exception_ptr) {});
        context.poll();
        BOOST_TEST(clock.sleeping() == 1u);
    }
    BOOST_TEST(clock.sleeping() == 0u);
    BOOST_TEST(!clock.advance());
}

BOOST_AUTO_TEST_CASE(a_clock_may_be_destroyed_before_the_context_whose_coroutines_sleep_on_it) {
    asio::io_context context;
    auto clock = std::make_unique<test::SimClock>();
    auto diary = std::make_unique<Diary>(*clock);
    asio::co_spawn(context, diary->write_after("never", 1s), [](std::exception_ptr) {});
    context.poll();
    clock.reset(); // the address sanitizer checks what the context's destructor touches
}

BOOST_FIXTURE_TEST_CASE(an_endless_poller_is_detected, test::IoFixture) {
    bool stop = false;
    auto poller = [&]() -> awaitable<void> {
        while (!stop) co_await clock.sleep_for(1s);
    };
    asio::co_spawn(context, poller(), [](std::exception_ptr) {});
    BOOST_CHECK_THROW(test::run_until_idle(context, clock, 1000), std::runtime_error);
    stop = true;
    run();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(deadlines)

BOOST_FIXTURE_TEST_CASE(work_that_ends_in_time_keeps_its_value, test::IoFixture) {
    auto const began = clock.now();
    BOOST_TEST(run(with_deadline(clock, began + 10s, value_after(clock, 3s))) == 7);
    BOOST_TEST((clock.now() - began == 3s)); // the alarm was cancelled, not awaited
}

BOOST_FIXTURE_TEST_CASE(work_that_is_late_ends_with_timed_out, test::IoFixture) {
    auto const began = clock.now();
    BOOST_CHECK_EXCEPTION(run(with_deadline(clock, began + 10s, value_after(clock, 1h))),
                          system_error, is_timed_out);
    BOOST_TEST((clock.now() - began == 10s)); // the work was cancelled, not awaited
}

BOOST_FIXTURE_TEST_CASE(work_that_fails_in_time_keeps_its_own_error, test::IoFixture) {
    auto const end = clock.now() + 10s;
    auto is_own = [](std::runtime_error const& e) {
        return std::string(e.what()) == "the job's own error";
    };
    BOOST_CHECK_EXCEPTION(run(with_deadline(clock, end, failure_after(clock, 3s))),
                          std::runtime_error, is_own);
}

BOOST_FIXTURE_TEST_CASE(a_deadline_that_is_past_stops_work_that_waits, test::IoFixture) {
    auto const past = clock.now() - 1s;
    BOOST_CHECK_EXCEPTION(run(with_deadline(clock, past, value_after(clock, 3s))), system_error,
                          is_timed_out);
}

/// Needs two turns of the loop to end when it is cancelled.
awaitable<int> slow_to_leave(Clock& clock, Duration time) {
    co_await asio::this_coro::throw_if_cancelled(false);
    boost::system::error_code why;
    try {
        co_await clock.sleep_for(time);
    } catch (system_error const& e) {
        why = e.code();
    }
    co_await asio::post(asio::use_awaitable);
    throw system_error(why);
}

/// Returns the exception of `task` when it is cancelled while it waits.
struct Cancelled : test::IoFixture {
    std::exception_ptr seen;

    awaitable<void> note_error_of(awaitable<int> task) {
        try {
            int const value = co_await std::move(task);
            (void)value;
        } catch (system_error const&) {
            seen = std::current_exception();
        }
    }

    void check(awaitable<int> task) {
        TaskGroup tasks(executor());
        tasks.spawn(note_error_of(std::move(task)));
        poll();
        BOOST_TEST(clock.sleeping() >= 2u);
        tasks.cancel();
        run(tasks.join());
        BOOST_REQUIRE(seen);
        BOOST_CHECK_EXCEPTION(std::rethrow_exception(seen), system_error, is_cancelled);
    }
};

BOOST_FIXTURE_TEST_CASE(a_cancelled_deadline_leaves_neither_half_behind, Cancelled) {
    check(with_deadline(clock, clock.now() + 1h, value_after(clock, 1h)));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_deadline_around_slower_work_is_no_time_out, Cancelled) {
    check(with_deadline(clock, clock.now() + 1h, slow_to_leave(clock, 2h)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(gates)

BOOST_FIXTURE_TEST_CASE(wake_one_wakes_one_and_wake_all_the_rest, test::IoFixture) {
    Gate gate(executor());
    int awake = 0;
    auto waiter = [&]() -> awaitable<void> {
        co_await gate.wait();
        ++awake;
    };
    TaskGroup tasks(executor());
    for (int i = 0; i < 4; ++i) tasks.spawn(waiter());
    poll();
    gate.wake_one();
    poll();
    BOOST_TEST(awake == 1);
    gate.wake_all();
    run(tasks.join());
    BOOST_TEST(awake == 4);
}

BOOST_FIXTURE_TEST_CASE(a_wake_up_before_anybody_waits_is_lost, test::IoFixture) {
    Gate gate(executor());
    bool awake = false;
    auto waiter = [&]() -> awaitable<void> {
        co_await gate.wait();
        awake = true;
    };
    gate.wake_all();
    TaskGroup tasks(executor());
    tasks.spawn(waiter());
    poll();
    BOOST_TEST(!awake); // so waiters check the condition first, in a loop
    gate.wake_one();
    run(tasks.join());
    BOOST_TEST(awake);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_waiter_ends_with_operation_aborted, test::IoFixture) {
    Gate gate(executor());
    std::exception_ptr seen;
    auto waiter = [&]() -> awaitable<void> {
        try {
            for (;;) co_await gate.wait(); // the condition never comes true
        } catch (system_error const&) {
            seen = std::current_exception();
        }
    };
    TaskGroup tasks(executor());
    tasks.spawn(waiter());
    poll();
    tasks.cancel();
    run(tasks.join());
    BOOST_REQUIRE(seen);
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(seen), system_error, is_cancelled);
}

BOOST_FIXTURE_TEST_CASE(a_wake_up_that_meets_a_cancelled_waiter_is_passed_on, test::IoFixture) {
    Gate gate(executor());
    bool awake = false;
    auto first = [&]() -> awaitable<void> { co_await gate.wait(); };
    auto second = [&]() -> awaitable<void> {
        co_await gate.wait();
        awake = true;
    };
    TaskGroup leaving(executor());
    TaskGroup staying(executor());
    leaving.spawn(first());
    staying.spawn(second());
    poll();
    asio::post(context, [&] {
        gate.wake_one();
        leaving.cancel(); // before the woken coroutine has run
    });
    run(leaving.join());
    run(staying.join());
    BOOST_TEST(awake);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_waiter_ends_even_when_it_waits_once, test::IoFixture) {
    Gate gate(executor());
    bool went_on = false;
    auto waiter = [&]() -> awaitable<void> {
        co_await gate.wait();
        went_on = true;
    };
    TaskGroup tasks(executor());
    tasks.spawn(waiter());
    poll();
    tasks.cancel();
    run(tasks.join());
    BOOST_TEST(!went_on);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(task_groups)

BOOST_FIXTURE_TEST_CASE(joining_an_empty_group_completes_at_once, test::IoFixture) {
    TaskGroup tasks(executor());
    run(tasks.join());
    BOOST_TEST(tasks.size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(join_waits_for_the_slowest_child, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    tasks.spawn(diary.write_after("a", 1s));
    tasks.spawn(diary.write_after("b", 1h));
    BOOST_TEST(tasks.size() == 2u);
    run(tasks.join());
    BOOST_TEST(diary.text() == "ab");
    BOOST_TEST(tasks.size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(join_rethrows_the_first_error_after_the_others_ended, test::IoFixture) {
    Diary diary(clock);
    auto fail = [&](std::string text, Duration time) -> awaitable<void> {
        co_await clock.sleep_for(time);
        throw std::runtime_error(text);
    };
    TaskGroup tasks(executor());
    tasks.spawn(fail("second", 2s));
    tasks.spawn(fail("first", 1s));
    tasks.spawn(diary.write_after("a", 1h));
    auto is_first = [](std::runtime_error const& e) { return std::string(e.what()) == "first"; };
    BOOST_CHECK_EXCEPTION(run(tasks.join()), std::runtime_error, is_first);
    BOOST_TEST(diary.text() == "a");
    run(tasks.join()); // an error is reported once
}

BOOST_FIXTURE_TEST_CASE(a_hundred_cancelled_children_end_without_an_error, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    for (int i = 0; i < 100; ++i) tasks.spawn(diary.write_after("x", 1h));
    auto const began = clock.now();
    poll();
    tasks.cancel();
    run(tasks.join());
    BOOST_TEST(diary.text() == "");
    BOOST_TEST((clock.now() == began));
}

BOOST_FIXTURE_TEST_CASE(children_may_start_children_while_the_group_is_joined, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    auto parent = [&]() -> awaitable<void> {
        co_await clock.sleep_for(1s);
        tasks.spawn(diary.write_after("child", 1s));
    };
    tasks.spawn(parent());
    run(tasks.join());
    BOOST_TEST(diary.text() == "child");
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_join_leaves_the_children_running, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    TaskGroup watchers(executor());
    tasks.spawn(diary.write_after("a", 1h));
    watchers.spawn(tasks.join());
    poll();
    watchers.cancel();
    poll();
    BOOST_TEST(watchers.size() == 0u);
    BOOST_TEST(tasks.size() == 1u);
    run(tasks.join());
    BOOST_TEST(diary.text() == "a");
}

BOOST_FIXTURE_TEST_CASE(a_child_may_cancel_its_own_group, test::IoFixture) {
    Diary diary(clock);
    TaskGroup tasks(executor());
    auto stopper = [&]() -> awaitable<void> {
        co_await clock.sleep_for(1s);
        tasks.cancel();
    };
    tasks.spawn(diary.write_after("a", 1s));
    tasks.spawn(stopper());
    tasks.spawn(diary.write_after("b", 1h));
    run(tasks.join());
    BOOST_TEST(diary.text() == "a");
}

BOOST_AUTO_TEST_CASE(a_group_may_be_destroyed_with_its_children_asleep) {
    test::SimClock clock;
    Diary diary(clock);
    asio::io_context context;
    auto tasks = std::make_unique<TaskGroup>(context.get_executor());
    for (int i = 0; i < 10; ++i) tasks->spawn(diary.write_after("never", 1h));
    context.poll();
    tasks.reset(); // a crash in a simulation; the address sanitizer checks the context's destructor
}

BOOST_AUTO_TEST_SUITE_END()
