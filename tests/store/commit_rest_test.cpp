#include "runner/store/commit_rest.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::store {

namespace {

using namespace std::chrono_literals;

CommitRest after_generations_of(std::chrono::milliseconds took) {
    CommitRest rest;
    for (int i = 0; i < 60; ++i) rest.note_generation(took);
    return rest;
}

} // namespace

BOOST_AUTO_TEST_SUITE(commit_rest)

BOOST_AUTO_TEST_CASE(is_longer_the_more_facts_there_are) {
    auto const rest = after_generations_of(60s);
    BOOST_TEST(rest.after(1).count() == 20);
    BOOST_TEST(rest.after(20).count() == 60);
    BOOST_TEST(rest.after(1000).count() == 200);
}

BOOST_AUTO_TEST_CASE(is_at_most_a_hundredth_of_a_generation) {
    auto const short_ones = after_generations_of(300ms);
    BOOST_TEST(short_ones.after(1).count() <= 3);
    BOOST_TEST(short_ones.after(1000).count() <= 3);
    auto const instant = after_generations_of(0ms);
    BOOST_TEST(instant.after(1000).count() == 0);
    auto const seconds = after_generations_of(5s);
    BOOST_TEST(seconds.after(1000).count() <= 50);
    BOOST_TEST(seconds.after(1000).count() >= 45);
}

BOOST_AUTO_TEST_CASE(is_that_of_a_minute_until_a_generation_has_ended) {
    CommitRest rest;
    BOOST_TEST(rest.after(1).count() == 20);
    BOOST_TEST(rest.after(1000).count() == 200);
    rest.note_generation(300ms);
    BOOST_TEST(rest.after(1000).count() == 3);
    rest.note_generation(1100ms);
    BOOST_TEST(rest.after(1000).count() == 4);
}

BOOST_AUTO_TEST_CASE(forgets_how_it_was_before) {
    auto rest = after_generations_of(60s);
    for (int i = 0; i < 60; ++i) rest.note_generation(1s);
    BOOST_TEST(rest.after(1000).count() <= 15);
}

BOOST_AUTO_TEST_CASE(learns_nothing_from_a_clock_that_was_set) {
    auto rest = after_generations_of(60s);
    auto const before = rest.after(1000).count();
    rest.note_generation(-5min);
    BOOST_TEST(rest.after(1000).count() == before);
    for (int i = 0; i < 60; ++i) rest.note_generation(100h);
    BOOST_TEST(rest.after(1000).count() == 200);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::store
