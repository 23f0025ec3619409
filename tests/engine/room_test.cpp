// Nothing is bought whose picture the disk has no room for.
#include "runner/engine/conductor.hpp"

#include "tests/engine/run_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

BOOST_FIXTURE_TEST_CASE(without_room_nothing_is_sent, test::RunFixture) {
    want("a boat");
    room = 0;
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "no_room");
    BOOST_TEST(result.error.detail == "the disk of the test");
    BOOST_TEST(service.requests() == 0);
    BOOST_TEST(result.tally.paid == 0);
    BOOST_TEST(kinds() == "");
}

BOOST_FIXTURE_TEST_CASE(what_is_open_when_the_room_ends_is_saved, test::RunFixture) {
    for (auto const* prompt : {"a boat", "a car", "a house", "a tree"}) want(prompt);
    room = 2;
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "no_room");
    BOOST_TEST(service.requests() == 2);
    BOOST_TEST(result.tally.done == 2u);
    BOOST_TEST(folder.size() == 2u);
    room = 100;
    auto const rest = run_it();
    BOOST_TEST(name_of(rest.end) == "all_done");
    BOOST_TEST(rest.tally.paid == 2);
    BOOST_TEST(service.requests() == 4);
}

} // namespace darkroom::engine
