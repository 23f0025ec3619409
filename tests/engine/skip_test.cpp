// A later run passes over finished steps without reading their facts.
#include "runner/engine/conductor.hpp"

#include "tests/engine/run_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

namespace {

using test::Branches;

struct SkipFixture : test::RunFixture {
    /// Makes a run that knows what is done.
    RunResult run_again() {
        knows_what_is_done = true;
        return run_it();
    }

    Branches const all_upscales{{{"upscale*"}, true, {}, {{{"zoom_out_2x"}, true, {}, {}}}}};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_pattern_below_a_done_image_is_known_without_its_facts, SkipFixture) {
    want("a boat", all_upscales);
    auto const first = run_it();
    BOOST_TEST(first.tally.done == 9u);
    auto const again = run_again();
    BOOST_TEST(name_of(again.end) == "all_done");
    BOOST_TEST(again.tally.done == 9u);
    BOOST_TEST(service.requests() == 9);
    BOOST_TEST(finds == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_is_new_below_a_pattern_is_bought_and_nothing_else, SkipFixture) {
    want("a boat", {{{"upscale*"}, true, {}, {}}});
    run_it();
    items.clear();
    want("a boat", all_upscales);
    auto const again = run_again();
    BOOST_TEST(again.tally.paid == 4);
    BOOST_TEST(service.requests() == 9);
}

BOOST_FIXTURE_TEST_CASE(a_pick_that_waits_is_told_without_facts, SkipFixture) {
    jobs::Branch choice{{"upscale*"}, true, {}, {}};
    choice.pick = jobs::PickCount{1, 1};
    want("a boat", {choice});
    run_it();
    auto const again = run_again();
    BOOST_TEST(again.tally.waiting == 1u);
    BOOST_TEST(again.tally.done == 1u);
    BOOST_TEST(finds == 0u);
}

BOOST_FIXTURE_TEST_CASE(grids_are_split_later_and_single_images_left_alone, SkipFixture) {
    want("a boat", {{{"upscale*"}, true, {}, {}}});
    run_it();
    BOOST_TEST(folder.size() == 5u);
    options.split_grids = true;
    auto const split = run_again();
    BOOST_TEST(name_of(split.end) == "all_done");
    BOOST_TEST(folder.size() == 9u);
    BOOST_TEST(service.requests() == 5);
    auto const again = run_again();
    BOOST_TEST(again.tally.done == 5u);
    BOOST_TEST(finds == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_image_that_was_not_kept_is_fetched_once_it_is_wanted, SkipFixture) {
    want("a boat", all_upscales);
    auto item = std::make_shared<jobs::Item>(*items.front());
    item->download = false;
    items.front() = item;
    run_it();
    BOOST_TEST(folder.size() == 8u);
    items.clear();
    want("a boat", all_upscales);
    auto const again = run_again();
    BOOST_TEST(name_of(again.end) == "all_done");
    BOOST_TEST(folder.size() == 9u);
    BOOST_TEST(service.requests() == 9);
}

} // namespace darkroom::engine
