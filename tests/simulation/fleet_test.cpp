// The real engine on several machines with one account and one ledger.
#include "tests/simulation/fleet.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace darkroom::simulation {

namespace {

std::uint64_t fleets() {
    constexpr std::uint64_t usual = 1000;
    char const* given = std::getenv("DARKROOM_SEEDS");
    return given == nullptr ? usual : std::strtoull(given, nullptr, 10) / 5 + 1;
}

/// Returns the first seed at which the broken rule shows; 0: none within the thousand.
std::uint64_t first_fleet_that_notices(BrokenBook broken) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        Fleet fleet(seed, broken);
        fleet.live_through();
        if (!fleet.violations().empty()) return seed;
    }
    return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(machines_with_one_ledger_pay_each_step_once_and_lose_nothing) {
    int lives = 0;
    auto const last = fleets();
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        Fleet fleet(seed);
        fleet.live_through();
        lives += fleet.lives;
        auto const wrong = fleet.violations();
        BOOST_TEST(wrong.empty(), fmt::format("fleet {}: {}", seed, fmt::join(wrong, "; ")));
    }
    BOOST_TEST_MESSAGE(fmt::format("{} fleets, {} lives", last, lives));
    BOOST_TEST(lives > 2 * static_cast<int>(last));
}

BOOST_AUTO_TEST_CASE(each_broken_rule_of_the_ledger_is_noticed) {
    constexpr std::pair<BrokenBook, char const*> rules[] = {
        {BrokenBook::shares_tasks, "a task is adopted by several steps"},
        {BrokenBook::counts_no_places, "places are not counted"},
        {BrokenBook::settles_again, "a last word is taken twice"},
        {BrokenBook::forgets_dead, "a process that dies gives its places back"},
        {BrokenBook::counts_no_money, "each run has the budget for itself"},
        {BrokenBook::forgets_payments, "what was paid alone is not entered"},
        {BrokenBook::forgets_unknown, "what the journal does not know was never sent"},
        {BrokenBook::ignores_in_flight, "a request in flight may have made any task"},
    };
    for (auto const& [rule, name] : rules) {
        auto const seed = first_fleet_that_notices(rule);
        BOOST_TEST_MESSAGE(name << " is noticed by fleet " << seed);
        BOOST_TEST(seed != 0u, name);
    }
}

} // namespace darkroom::simulation
