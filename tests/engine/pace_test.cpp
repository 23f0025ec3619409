#include "runner/engine/pace.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string_view>
#include <vector>

namespace darkroom::engine {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(tokens_are_never_closer_than_the_rate_when_timers_are_exact) {
    TokenBucket bucket(4.0);
    Time now{1h};
    std::vector<Time> taken;
    for (int i = 0; i < 9; ++i) {
        now += bucket.until_next(now);
        bucket.take(now, now);
        taken.push_back(now);
        if (i == 4) now += 10s; // nobody wanted one for a while: nothing is saved up
    }
    for (std::size_t i = 1; i < taken.size(); ++i) BOOST_TEST((taken[i] - taken[i - 1] >= 250ms));
    BOOST_TEST((taken[4] - taken[0] == 1s));
}

BOOST_AUTO_TEST_CASE(late_timers_cost_none_of_the_rate) {
    std::mt19937 random(7);
    TokenBucket bucket(100.0);
    Time const start{1h};
    Time now = start;
    for (int i = 0; i < 1000; ++i) {
        Time const asked = now;
        auto const wait = bucket.until_next(now);
        if (wait > Duration()) now += wait + std::chrono::microseconds(random() % 9000);
        bucket.take(now, asked);
    }
    BOOST_TEST((now - start < 10s + 20ms)); // 999 intervals of 10 ms, and one late timer
    BOOST_TEST((now - start >= 9990ms));
}

BOOST_AUTO_TEST_CASE(a_stall_is_not_made_up_for_with_a_burst) {
    TokenBucket bucket(100.0);
    Time now{1h};
    bucket.take(now, now);
    Time const asked = now;
    now += 60s; // the process stood still
    int burst = 0;
    for (; bucket.until_next(now) == Duration(); ++burst) bucket.take(now, asked);
    BOOST_TEST(burst == 11);
}

BOOST_AUTO_TEST_CASE(a_hint_of_the_service_holds_everybody) {
    TokenBucket bucket(1.0);
    Time const now{1h};
    bucket.hold_until(now + 20s);
    BOOST_TEST((bucket.until_next(now) == 20s));
    bucket.hold_until(now + 5s); // a shorter one takes nothing back
    BOOST_TEST((bucket.until_next(now) == 20s));
}

BOOST_AUTO_TEST_CASE(a_burst_of_429_lowers_the_window_once) {
    Window window(16, true);
    Time const sent{1h};
    BOOST_TEST((window.on_rate_limited(sent, sent + 1s) == Refusal::overload));
    BOOST_TEST(window.limit() == 12);
    for (int i = 0; i < 11; ++i) // the others of the burst were sent before the decrease
        BOOST_TEST((window.on_rate_limited(sent + 500ms, sent + 1100ms) == Refusal::overload));
    BOOST_TEST(window.limit() == 12);
    BOOST_TEST((window.on_rate_limited(sent + 2s, sent + 3s) == Refusal::overload));
    BOOST_TEST(window.limit() == 9);
}

BOOST_AUTO_TEST_CASE(the_window_grows_by_one_in_25_and_slower_where_it_was_refused) {
    Window window(16, true);
    Time const sent{1h};
    window.on_rate_limited(sent, sent + 1s); // 12; refused at 16
    auto const successes_to_grow = [&window] {
        int count = 1;
        while (!window.on_success()) ++count;
        return count;
    };
    BOOST_TEST(successes_to_grow() == 25);  // 13
    BOOST_TEST(successes_to_grow() == 25);  // 14
    BOOST_TEST(successes_to_grow() == 25);  // 15
    BOOST_TEST(successes_to_grow() == 100); // 16
    BOOST_TEST(window.limit() == 16);
    for (int i = 0; i < 200; ++i) BOOST_TEST(!window.on_success());
    BOOST_TEST(window.limit() == 16);
}

BOOST_AUTO_TEST_CASE(the_window_never_falls_below_one) {
    Window window(3, true);
    for (int i = 1; i < 20; ++i) window.on_rate_limited(Time(i * 2s), Time(i * 2s + 1s));
    BOOST_TEST(window.limit() == 1);
}

BOOST_AUTO_TEST_CASE(a_window_that_is_not_adaptive_stands_still) {
    Window window(5, false);
    BOOST_TEST((window.on_rate_limited(Time(1h), Time(2h)) == Refusal::overload));
    BOOST_TEST(window.limit() == 5);
}

namespace {

struct Answers {
    std::string_view name;
    int concurrency;
    std::string_view pattern; ///< A digit: so many times ten successes; '-': a 429.
    int limit;                ///< In the end.
};

constexpr std::array<Answers, 11> answer_table{{
    {"few places: the first of all is overload", 20, "-", 15},
    {"few places: too few successes before it", 20, "-1-", 11},
    {"few places: one among many", 20, "9-", 20},
    {"many places: the first of all is stray", 100, "-", 100},
    {"many places: a fourth is none", 100, "----", 75},
    {"one among many, again and again", 100, "3-3-3-3-3-3-3-3-3-3-3-3-3-3-3-3", 100},
    {"three in a row after many", 100, "9---", 100},
    {"a fourth", 100, "9----", 75},
    {"no more than three, however many successes", 100, "999999----", 75},
    {"more than one in 26", 100, "9-2-2-2-2-2-2-2-2-2-2-2-2-", 56},
    {"every second answer", 100, "---1-1-1-", 42},
}};

int limit_after(int concurrency, std::string_view pattern) {
    Window window(concurrency, true);
    Time now{1h};
    for (char const c : pattern) {
        now += 1s;
        if (c == '-') window.on_rate_limited(now - 500ms, now);
        for (int i = 0; c != '-' && i < 10 * (c - '0'); ++i) window.on_success();
    }
    return window.limit();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_stray_429_is_no_overload) {
    for (auto const& row : answer_table)
        BOOST_TEST(limit_after(row.concurrency, row.pattern) == row.limit, row.name);
}

namespace {

/// A service that takes so many requests at once, and refuses one in `stray_every` all the same.
struct Service {
    int places = 0;
    int stray_every = 0; ///< 0: none.
};

/// The limits after each of a hundred rounds: in a round all places are used once.
std::vector<int> limits_at(Service service) {
    Window window(500, true);
    std::vector<int> limits;
    Time now{1h};
    int requests = 0;
    for (int round = 0; round < 100; ++round) {
        int const sent = window.limit();
        now += 1s;
        for (int i = 0; i < sent; ++i) {
            ++requests;
            bool const is_stray = service.stray_every > 0 && requests % service.stray_every == 0;
            if (is_stray || i >= service.places)
                window.on_rate_limited(now - 500ms, now);
            else
                window.on_success();
        }
        limits.push_back(window.limit());
    }
    return limits;
}

} // namespace

BOOST_AUTO_TEST_CASE(strays_leave_the_window_open_and_overload_is_found_in_three_rounds) {
    for (int const limit : limits_at({500, 500})) BOOST_TEST(limit == 500); // 0.2 %
    for (int const limit : limits_at({500, 100})) BOOST_TEST(limit == 500); // 1 %
    for (int const stray_every : {0, 500}) {
        auto const limits = limits_at({250, stray_every});
        BOOST_TEST(limits.at(2) <= 250);
        for (std::size_t i = 3; i < limits.size(); ++i)
            BOOST_TEST((limits[i] >= 180 && limits[i] <= 260));
    }
}

BOOST_AUTO_TEST_CASE(another_rate_counts_from_the_last_token) {
    TokenBucket bucket(1);
    Time const now{100s};
    bucket.take(now, now);
    BOOST_TEST((bucket.until_next(now) == 1s));
    bucket.set_rate(0.1);
    BOOST_TEST((bucket.until_next(now) == 10s));
    bucket.set_rate(10);
    BOOST_TEST((bucket.until_next(now + 50ms) == 50ms));
    BOOST_TEST((bucket.until_next(now + 200ms) == 0s));
}

BOOST_AUTO_TEST_CASE(another_rate_leaves_a_hold_where_it_is) {
    Time const now{100s};
    for (double const rate : {0.001, 1000.0}) {
        TokenBucket bucket(1);
        bucket.take(now, now);
        bucket.hold_until(now + 600s);
        bucket.set_rate(rate);
        BOOST_TEST((bucket.until_next(now) >= 600s));
        bucket.set_rate(1);
        BOOST_TEST((bucket.until_next(now) == 600s));
        BOOST_TEST((bucket.until_next(now + 600s) == 0s));
    }
}

BOOST_AUTO_TEST_CASE(a_window_at_its_ceiling_follows_it_and_another_is_only_cut) {
    Window full(8, true);
    full.set_concurrency(20);
    BOOST_TEST(full.limit() == 20);
    full.set_concurrency(3);
    BOOST_TEST(full.limit() == 3);
    Window lowered(8, true);
    for (int i = 1; lowered.limit() == 8; ++i) lowered.on_rate_limited(Time{1s * i}, Time{1s * i});
    BOOST_TEST(lowered.limit() == 6);
    lowered.set_concurrency(20);
    BOOST_TEST(lowered.limit() == 6);
    lowered.set_concurrency(4);
    BOOST_TEST(lowered.limit() == 4);
}

} // namespace darkroom::engine
