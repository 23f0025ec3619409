// A plan is read ahead on another thread, as far as its limits allow.
#include "runner/store/planned_items.hpp"

#include "runner/store/error.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace darkroom;
using namespace darkroom::store;

namespace {

struct CountedPlan {
    explicit CountedPlan(int items, std::size_t bytes = 10) {
        plan.stop = &stop;
        plan.next_item = [this, items, bytes]() -> Result<std::shared_ptr<jobs::Item const>> {
            auto const number = given++;
            if (number == error_at) return Error(Errc::too_large, "row 7");
            if (number == stop_at) stop = true;
            if (number >= items) return std::shared_ptr<jobs::Item const>();
            auto item = std::make_shared<jobs::Item>();
            item->index = static_cast<std::uint64_t>(number);
            item->request.body.set("prompt", "a car");
            item->request.body.set("mask", std::string(bytes, 'x'));
            item->then = std::make_shared<std::vector<jobs::Branch> const>();
            return item;
        };
    }

    PlanOfLines plan;
    std::atomic<bool> stop = false;
    std::atomic<int> given = 0;
    int error_at = -1;
    int stop_at = -1;
};

/// Takes all items and returns how many there were; fails the test when one is out of order.
std::uint64_t count(PlannedItems& items) {
    for (std::uint64_t number = 0;; ++number) {
        auto const item = items.next();
        BOOST_REQUIRE(item.has_value());
        if (*item == nullptr) return number;
        BOOST_REQUIRE((*item)->first.item->index == number);
        BOOST_REQUIRE((*item)->first.key == jobs::first_step((*item)->first.item).key);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(planned_items)

BOOST_AUTO_TEST_CASE(each_item_comes_once_and_in_order) {
    for (int const number : {0, 1, 2047, 2048, 2049, 10'000}) {
        CountedPlan plan(number);
        PlannedItems items(plan.plan);
        BOOST_TEST(count(items) == static_cast<std::uint64_t>(number));
        BOOST_TEST(items.next().value() == nullptr, "the end stays the end");
        BOOST_TEST(plan.given == number + 1, "the plan is not asked again");
    }
}

BOOST_AUTO_TEST_CASE(an_error_comes_after_the_items_before_it) {
    CountedPlan plan(10'000);
    plan.error_at = 5000;
    PlannedItems items(plan.plan);
    for (int number = 0; number < plan.error_at; ++number) BOOST_REQUIRE(items.next().has_value());
    for (int again = 0; again < 2; ++again) BOOST_TEST(items.next().error().detail == "row 7");
    BOOST_TEST(plan.given == plan.error_at + 1);
}

BOOST_AUTO_TEST_CASE(a_stopped_plan_ends) {
    CountedPlan plan(1'000'000);
    plan.stop_at = 5000;
    PlannedItems items(plan.plan);
    BOOST_TEST(count(items) == 5001u);
    BOOST_TEST(plan.given == 5001);
}

BOOST_AUTO_TEST_CASE(a_reader_that_is_left_early_is_joined) {
    CountedPlan plan(1'000'000);
    { PlannedItems const items(plan.plan); }
    int const given = plan.given;
    BOOST_TEST(given <= 2048);
}

BOOST_AUTO_TEST_CASE(few_large_items_are_held_at_a_time) {
    CountedPlan plan(100, 1u << 20);
    PlannedItems items(plan.plan);
    int most_ahead = 0;
    for (int number = 0; number < 100; ++number) {
        BOOST_REQUIRE(items.next().value() != nullptr);
        most_ahead = std::max(most_ahead, plan.given - number);
    }
    BOOST_TEST(most_ahead <= 8);
}

BOOST_AUTO_TEST_SUITE_END()
