// A person changes a run while it is at work.
#include "tests/engine/run_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// Pictures that take ten seconds each, one after the other.
struct Steered : test::RunFixture {
    Steered() {
        for (int i = 0; i < 4; ++i) want(fmt::format("boat {}", i));
        service.on_accept = [](simulation::Task& task) { task.ends_at = task.taken_at + 10s; };
        options.limits.concurrency = 1;
    }

    /// Notes how many requests the service has had by then.
    Acts::value_type count_at(Duration when) {
        return {when, [this](Conductor&) { counts.push_back(service.requests()); }};
    }

    std::vector<std::int64_t> counts;
};

} // namespace

BOOST_AUTO_TEST_SUITE(steering)

BOOST_FIXTURE_TEST_CASE(a_paused_run_sends_nothing_and_finishes_what_is_open, Steered) {
    auto const result = run_with({
        {15s, [](Conductor& run) { run.pause(); }},
        count_at(16s),
        count_at(10min),
        {11min, [](Conductor& run) { run.resume(); }},
    });
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST((counts == std::vector<std::int64_t>{2, 2}));
    BOOST_TEST(service.requests() == 4);
    BOOST_TEST(result.tally.paid == 4);
}

BOOST_FIXTURE_TEST_CASE(a_search_goes_on_while_the_run_is_paused_however_long, Steered) {
    options.limits.rate = 1;
    service.faults.lost_before = 100; // the first request
    auto const result = run_with({
        {500ms,
         [this](Conductor& run) {
             service.faults = simulation::Faults::none();
             run.pause();
         }},
        {2 * options.patience, [](Conductor& run) { run.resume(); }},
    });
    // Only what is sent later proves that the service never had it.
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST(result.tally.paid == 4);
    BOOST_TEST(result.tally.unknown == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_paused_run_can_be_stopped, Steered) {
    auto const result = run_with({
        {5s, [](Conductor& run) { run.pause(); }},
        {30s, [](Conductor& run) { run.stop(); }},
    });
    BOOST_TEST(name_of(result.end) == "interrupted");
    BOOST_TEST(service.requests() == 1);
    BOOST_TEST(result.tally.done == 1u);
}

BOOST_FIXTURE_TEST_CASE(more_places_and_a_higher_rate_hold_from_now_on, Steered) {
    auto const result = run_with({
        {5s, [](Conductor& run) { run.set_limits(3, 1000); }},
        count_at(6s),
        {7s, [](Conductor& run) { run.set_limits(1, 1000); }},
        count_at(12s),
    });
    BOOST_TEST((counts == std::vector<std::int64_t>{3, 3}));
    BOOST_TEST(result.tally.paid == 4);
}

BOOST_FIXTURE_TEST_CASE(a_lower_rate_holds_for_the_next_request, Steered) {
    options.limits.concurrency = 4;
    options.limits.rate = 1;
    run_with({
        {500ms, [](Conductor& run) { run.set_limits(4, 0.1); }},
        count_at(9s),
        count_at(11s),
    });
    BOOST_TEST((counts == std::vector<std::int64_t>{1, 2}));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_step_is_left_to_the_next_run, Steered) {
    auto const is_last = [](jobs::Step const& step) { return step.item->index == 3; };
    auto const result = run_with({{5s, [&](Conductor& run) { run.set_cancelled(is_last); }}});
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(service.requests() == 3);
    BOOST_TEST(result.tally.left == 1u);
    BOOST_TEST(name_of(run_it().end) == "all_done"); // it is gone with the run
    BOOST_TEST(service.requests() == 4);
}

BOOST_FIXTURE_TEST_CASE(of_a_cancelled_step_that_was_sent_only_the_branch_is_left, Steered) {
    items.clear();
    want("a boat", {{{"upscale1"}, true, {}, {}}});
    auto const is_any = [](jobs::Step const&) { return true; };
    auto const result = run_with({{5s, [&](Conductor& run) { run.set_cancelled(is_any); }}});
    BOOST_TEST(service.requests() == 1);
    BOOST_TEST(result.tally.done == 1u);
    BOOST_TEST(result.tally.left == 1u);
}

BOOST_FIXTURE_TEST_CASE(cancelled_steps_that_wait_use_up_no_rate, Steered) {
    options.limits.rate = 1.0 / 60;
    for (int i = 4; i < 40; ++i) want(fmt::format("boat {}", i));
    bool is_late = false; // the run looks again after cancelled_changed()
    auto const result = run_with({
        {1s,
         [&](Conductor& run) {
             run.set_cancelled(
                 [&](jobs::Step const& step) { return is_late && step.item->index != 39; });
         }},
        {5s,
         [&](Conductor& run) {
             is_late = true;
             run.cancelled_changed();
         }},
        count_at(2min),
    });
    BOOST_TEST((counts == std::vector<std::int64_t>{2})); // the first and the last
    BOOST_TEST(result.tally.done == 2u);
    BOOST_TEST(result.tally.left == 38u);
}

BOOST_FIXTURE_TEST_CASE(a_paused_run_whose_rest_is_cancelled_ends, Steered) {
    auto const result = run_with({
        {5s,
         [](Conductor& run) {
             run.pause();
             run.set_cancelled([](jobs::Step const&) { return true; });
         }},
        {30s, [](Conductor& run) { run.resume(); }},
    });
    BOOST_TEST(result.tally.done == 1u);
    BOOST_TEST(result.tally.left == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
