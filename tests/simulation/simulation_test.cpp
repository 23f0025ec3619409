// The real engine in simulated worlds: random faults at every port, death at any handler, restart.
#include "tests/simulation/world.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace darkroom::simulation {

namespace {

constexpr std::uint64_t worlds = 10'000; ///< In a normal run: half of them are imperfect.

/// Returns the number of seeds. DARKROOM_SEEDS overrides it, for example for a slow sanitizer
/// build.
std::uint64_t seeds(std::uint64_t usual) {
    char const* wanted = std::getenv("DARKROOM_SEEDS");
    return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

std::vector<std::string> violations_of(std::uint64_t seed, Broken broken, Conduct conduct) {
    World world(seed, broken, conduct);
    world.live_through();
    return world.violations();
}

/// Returns the first seed at which the broken rule shows; 0: none within the thousand.
std::uint64_t first_seed_that_notices(Broken broken, Conduct conduct = Conduct::good) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        if (!violations_of(seed, broken, conduct).empty()) return seed;
    }
    return 0;
}

void live_through_seeds(Conduct conduct, std::uint64_t usual) {
    int lives = 0;
    std::size_t handlers = 0;
    auto const last = seeds(usual);
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        World world(seed, Broken::nothing, conduct);
        world.live_through();
        lives += world.lives;
        handlers += world.handlers;
        auto const wrong = world.violations();
        BOOST_TEST(wrong.empty(), fmt::format("seed {}: {}", seed, fmt::join(wrong, "; ")));
    }
    BOOST_TEST_MESSAGE(fmt::format("{} seeds, {} lives, {} handlers", last, lives, handlers));
    BOOST_TEST(lives > static_cast<int>(last));
}

} // namespace

BOOST_AUTO_TEST_CASE(whatever_fails_each_step_is_paid_once_and_each_image_is_there) {
    live_through_seeds(Conduct::good, worlds / 2);
}

BOOST_AUTO_TEST_CASE(an_imperfect_service_is_paid_once_and_each_step_ends_or_says_why_not) {
    live_through_seeds(Conduct::imperfect, worlds / 2);
}

BOOST_AUTO_TEST_CASE(death_after_every_single_handler_is_survived) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        World whole(seed);
        auto const full = whole.live(1'000'000);
        // Dies after every nth handler, so that there are no more deaths than seeds; n is mostly 1.
        auto const stride = 1 + 3 * full.handlers / seeds(10'000);
        for (std::size_t kill_at = 1; kill_at < full.handlers; kill_at += stride) {
            World world(seed);
            world.live(kill_at);
            world.live_through();
            auto const wrong = world.violations();
            BOOST_TEST(wrong.empty(), fmt::format("seed {}, killed after {}: {}", seed, kill_at,
                                                  fmt::join(wrong, "; ")));
        }
    }
}

BOOST_AUTO_TEST_CASE(sending_before_journalling_is_noticed) {
    BOOST_TEST(first_seed_that_notices(Broken::sends_before_journalling) != 0u);
}

BOOST_AUTO_TEST_CASE(sending_an_unknown_request_again_is_noticed) {
    BOOST_TEST(first_seed_that_notices(Broken::resends_unknown) != 0u);
}

BOOST_AUTO_TEST_CASE(each_old_rule_put_back_is_noticed) {
    constexpr std::pair<Broken, char const*> rules[] = {
        {Broken::matches_only_equal, "a record matches only when it is equal"},
        {Broken::buys_what_has_no_record, "an id without a record is bought again"},
        {Broken::resends_502, "a 502 is sent again"},
        {Broken::heeds_empty_errors, "an empty error is an error"},
        {Broken::heeds_timeouts, "a timeout is a failure"},
        {Broken::heeds_pages, "a page is a verdict"},
        {Broken::uses_the_clock_of_now, "the clock of now"},
    };
    for (auto const& [rule, name] : rules) {
        auto const seed = first_seed_that_notices(rule, Conduct::imperfect);
        BOOST_TEST_MESSAGE(name << " is noticed by seed " << seed);
        BOOST_TEST(seed != 0u, name);
    }
}

} // namespace darkroom::simulation
