#include "runner/engine/budget.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

BOOST_AUTO_TEST_CASE(seventeen_generations_means_seventeen) {
    Budget budget({17, std::nullopt}, {});
    for (int i = 0; i < 17; ++i) BOOST_TEST(budget.reserve(26'000));
    BOOST_TEST(!budget.reserve(0));
    budget.charge(26'000, 26'000);
    BOOST_TEST(!budget.reserve(26'000));
    budget.release(26'000); // one failed: it was free
    BOOST_TEST(budget.reserve(26'000));
    BOOST_TEST(!budget.reserve(26'000));
}

BOOST_AUTO_TEST_CASE(the_cost_is_exact_to_the_last_micro) {
    Budget budget({std::nullopt, 13'000'000}, {});
    int bought = 0;
    for (; budget.reserve(26'000); ++bought) budget.charge(26'000, 26'000);
    BOOST_TEST(bought == 500);
    BOOST_TEST(budget.totals().cost == 13'000'000);
}

BOOST_AUTO_TEST_CASE(what_earlier_runs_spent_and_left_open_counts) {
    Totals so_far;
    so_far.paid = 3;
    so_far.open = 1;
    so_far.open_price = 5;
    Budget budget({5, std::nullopt}, so_far);
    BOOST_TEST(budget.reserve(5));
    BOOST_TEST(!budget.reserve(5));
    BOOST_TEST(budget.anything_pending());
}

BOOST_AUTO_TEST_CASE(an_abandoned_request_stays_reserved_but_nobody_waits_for_it) {
    Budget budget({1, std::nullopt}, {});
    BOOST_TEST(budget.reserve(5));
    BOOST_TEST(budget.anything_pending());
    budget.abandon();
    BOOST_TEST(!budget.anything_pending());
    BOOST_TEST(!budget.reserve(5));
}

BOOST_AUTO_TEST_CASE(no_budget_is_no_limit) {
    Budget budget({}, {});
    for (int i = 0; i < 100'000; ++i) BOOST_REQUIRE(budget.reserve(1'000'000'000));
}

} // namespace darkroom::engine
