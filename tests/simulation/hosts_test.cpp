// The real engine and the real client of the store on several machines that share shards.
#include "tests/simulation/hosts.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace darkroom::simulation {

namespace {

std::uint64_t worlds_of_hosts() {
    constexpr std::uint64_t usual = 10'000;
    char const* given = std::getenv("DARKROOM_SEEDS");
    return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

/// Returns the first seed at which the broken rule shows; 0: none within the thousand.
std::uint64_t first_world_that_notices(BrokenStore store, BrokenHosts hosts) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        Hosts world(seed, store, hosts);
        world.live_through();
        if (!world.violations().empty()) return seed;
    }
    return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(machines_that_share_shards_pay_each_step_once_and_lose_nothing) {
    int lives = 0;
    auto const last = worlds_of_hosts();
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        Hosts world(seed);
        world.live_through();
        lives += world.lives;
        auto const wrong = world.violations();
        BOOST_TEST(wrong.empty(), fmt::format("hosts {}: {}", seed, fmt::join(wrong, "; ")));
    }
    BOOST_TEST_MESSAGE(fmt::format("{} worlds of hosts, {} lives", last, lives));
    BOOST_TEST(lives > 4 * static_cast<int>(last));
}

// The order of locks is none of these: in the simulation each call is whole.
BOOST_AUTO_TEST_CASE(each_broken_rule_of_many_hosts_is_noticed) {
    struct Rule {
        BrokenStore store;
        BrokenHosts hosts;
        char const* name;
    };
    using enum BrokenStore;
    constexpr auto kept = BrokenStore::nothing;
    constexpr Rule rules[] = {
        {checks_no_holder, BrokenHosts::nothing, "who has lost the shard may grant and settle"},
        {frees_dead_places, BrokenHosts::nothing, "the places of a dead holder are free at once"},
        {adopts_without_name, BrokenHosts::nothing, "a task that was found is nobody's own"},
        {settles_again, BrokenHosts::nothing, "a last word is taken twice"},
        {forgets_frozen, BrokenHosts::nothing, "a frozen machine's requests are lost"},
        {holds_nothing, BrokenHosts::nothing, "a spent budget hides what a lost disk had"},
        {kept, BrokenHosts::sends_unguarded, "what was granted may leave at any time"},
        {kept, BrokenHosts::guards_by_standing_time, "the guard's clock stands still in suspend"},
        {kept, BrokenHosts::concludes_at_once, "no time is left for a request that may come yet"},
    };
    for (auto const& rule : rules) {
        auto const seed = first_world_that_notices(rule.store, rule.hosts);
        BOOST_TEST_MESSAGE(rule.name << " is noticed by world " << seed);
        BOOST_TEST(seed != 0u, rule.name);
    }
}

} // namespace darkroom::simulation
