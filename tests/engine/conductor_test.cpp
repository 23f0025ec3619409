// Stories of whole runs against a simulated service without accidents, or with one chosen accident.
#include "runner/engine/conductor.hpp"

#include "tests/engine/run_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

using test::Branches;
using Fixture = test::RunFixture;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_step_is_submitted_named_finished_and_saved_in_this_order, Fixture) {
    want("a boat");
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST(kinds() == "submitted accepted finished image_saved ");
    BOOST_TEST(result.tally.paid == 1);
    BOOST_TEST(result.tally.images == 1u);
}

/// Wants four pictures, whose generations take a second each.
void want_quick_ones(Fixture& fixture) {
    for (int i = 0; i < 4; ++i) fixture.want(fmt::format("boat {}", i));
    fixture.service.on_accept = [](simulation::Task& task) { task.ends_at = task.taken_at + 1s; };
}

BOOST_FIXTURE_TEST_CASE(a_download_has_no_place_while_its_picture_becomes_durable, Fixture) {
    want_quick_ones(*this);
    options.limits.downloads = 1;
    landing_time = 10s;
    Time const begun = clock.now();
    BOOST_TEST(run_it().tally.images == 4u);
    BOOST_TEST((clock.now() - begun < 25s)); // two may land for each place
}

BOOST_FIXTURE_TEST_CASE(a_generation_has_no_place_while_its_answer_becomes_durable, Fixture) {
    want_quick_ones(*this);
    options.limits.concurrency = 1;
    commit_time = 10s;
    Time const begun = clock.now();
    BOOST_TEST(run_it().tally.images == 4u);
    BOOST_TEST(service.concurrency_max == 1);
    // an intent and a second for each, then an answer and a picture
    BOOST_TEST((clock.now() - begun < 4 * 11s + 21s));
}

BOOST_FIXTURE_TEST_CASE(the_second_run_sends_nothing, Fixture) {
    want("a boat", {{{"upscale1"}, true, {}, {}}});
    run_it();
    auto const result = run_it();
    BOOST_TEST(service.requests() == 2);
    BOOST_TEST(result.tally.done == 2u);
    BOOST_TEST(result.tally.paid == 0);
}

BOOST_FIXTURE_TEST_CASE(two_equal_jobs_pay_once_and_both_get_their_branches, Fixture) {
    want("a boat", {{{"upscale1"}, true, {}, {}}});
    want("a boat", {{{"upscale2"}, true, {}, {}}});
    auto const result = run_it();
    BOOST_TEST(service.requests() == 3);
    BOOST_TEST(result.tally.done == 4u);
    BOOST_TEST(folder.size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(an_action_the_image_does_not_offer_is_refused_before_paying, Fixture) {
    want("a boat", {{{"levitate"}, true, {}, {{{"upscale1"}, true, {}, {}}}}});
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(service.requests() == 1);
    BOOST_TEST(result.tally.failed == 1u);
    BOOST_TEST(result.tally.skipped == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_branch_waits_until_somebody_has_picked_and_pays_only_for_that, Fixture) {
    jobs::Branch choice{{"upscale*"}, true, {}, {{{"zoom_out_2x"}, true, {}, {}}}};
    choice.pick = jobs::PickCount{1, 2};
    want("a boat", {choice});
    for (int run = 0; run < 2; ++run) {
        auto const waiting = run_it();
        BOOST_TEST(name_of(waiting.end) == "all_done");
        BOOST_TEST(waiting.tally.waiting == 1u);
        BOOST_TEST(waiting.tally.done == 1u);
        BOOST_TEST(service.requests() == 1);
    }
    auto const grid = jobs::first_step(items.front()).key;
    options.picks.by_image[grid] = {"upscale2"};
    auto const result = run_it();
    BOOST_TEST(result.tally.waiting == 0u);
    BOOST_TEST(result.tally.done == 3u);
    BOOST_TEST(service.requests() == 3);
    options.picks.by_image[grid] = {"upscale2", "upscale3"}; // what is new adds, what is paid stays
    BOOST_TEST(run_it().tally.paid == 2);
    BOOST_TEST(service.requests() == 5);
}

BOOST_FIXTURE_TEST_CASE(below_a_failed_step_everything_is_skipped_and_the_rest_goes_on, Fixture) {
    want("forbidden", {{{"upscale1"}, true, {}, {{{"zoom_out_2x"}, true, {}, {}}}}});
    want("a boat");
    auto const result = run_it();
    BOOST_TEST(result.tally.done == 1u);
    BOOST_TEST(result.tally.failed == 1u);
    BOOST_TEST(result.tally.skipped == 2u);
    auto const again = run_it();
    BOOST_TEST(again.tally.failed == 1u);
    BOOST_TEST(service.requests() == 2);
}

BOOST_FIXTURE_TEST_CASE(failures_in_a_row_stop_the_run_but_a_success_in_between_does_not, Fixture) {
    options.limits.failures = 3;
    options.limits.concurrency = 1;
    for (int i = 0; i < 4; ++i) {
        want(fmt::format("forbidden {}", 2 * i));
        want(fmt::format("forbidden {}", 2 * i + 1));
        want(fmt::format("boat {}", i));
    }
    BOOST_TEST(name_of(run_it().end) == "some_failed");
    for (int i = 0; i < 9; ++i) want(fmt::format("forbidden too {}", i));
    auto const stopped = run_it();
    BOOST_TEST(name_of(stopped.end) == "too_many_failures");
    BOOST_TEST(service.requests() == 12 + 3);
}

BOOST_FIXTURE_TEST_CASE(the_budget_is_exact_with_many_open_at_once, Fixture) {
    options.limits.concurrency = 8;
    options.budget.generations = 17;
    for (int i = 0; i < 40; ++i) want(fmt::format("boat {}", i));
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "budget_spent");
    BOOST_TEST(result.tally.paid == 17);
    BOOST_TEST(service.requests() == 17);
    BOOST_TEST(folder.size() == 17u); // what was paid is fetched all the same
    options.budget.generations = 20;
    BOOST_TEST(run_it().tally.paid == 3);
}

BOOST_FIXTURE_TEST_CASE(follow_ups_come_before_new_items, Fixture) {
    options.limits.concurrency = 1;
    for (int i = 0; i < 3; ++i)
        want(fmt::format("boat {}", i),
             {{{"upscale1"}, true, {}, {{{"upscale_2x"}, true, {}, {}}}}});
    run_it();
    std::string order;
    for (auto const& event : disk.facts) {
        auto const* sent = std::get_if<Submitted>(&event.fact);
        if (sent != nullptr) order += fmt::format("{}{} ", sent->info.item, sent->info.path);
    }
    // the second item is in the queue when the first has its image: one may go first, no more
    BOOST_TEST(order.find("2 ") > order.find("0upscale1/upscale_2x"));
}

BOOST_FIXTURE_TEST_CASE(the_first_stop_lets_open_requests_finish, Fixture) {
    options.limits.concurrency = 4;
    options.grace = 10min;
    for (int i = 0; i < 40; ++i) want(fmt::format("boat {}", i));
    auto const result = run_it({100ms});
    BOOST_TEST(name_of(result.end) == "interrupted");
    BOOST_TEST(result.tally.done == 4u);
    BOOST_TEST(folder.size() == 4u);
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 40);
}

BOOST_FIXTURE_TEST_CASE(after_the_grace_open_requests_are_parked_and_found_again, Fixture) {
    options.limits.concurrency = 4;
    options.grace = 1s;
    for (int i = 0; i < 8; ++i) want(fmt::format("boat {}", i));
    auto const start = clock.now();
    run_it({5ms});
    BOOST_TEST((clock.now() - start < 3s));
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 8);
    BOOST_TEST(folder.size() == 8u);
}

BOOST_FIXTURE_TEST_CASE(the_second_stop_parks_at_once, Fixture) {
    for (int i = 0; i < 8; ++i) want(fmt::format("boat {}", i));
    auto const start = clock.now();
    auto const result = run_it({500ms, 600ms});
    BOOST_TEST(name_of(result.end) == "interrupted");
    BOOST_TEST((clock.now() - start < 30s)); // the wait for the end of the grace was cancelled
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 8);
}

BOOST_FIXTURE_TEST_CASE(an_image_that_never_comes_fails_its_step_but_stays_paid, Fixture) {
    service.faults.body_cut = 100;
    want("a boat");
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(result.tally.failed == 1u);
    BOOST_TEST(observer.waits.size() == 5u); // the first one brought half of it
    service.faults.body_cut = 0;
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 1);
    BOOST_TEST(folder.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_saved_image_that_went_missing_is_fetched_again_for_nothing, Fixture) {
    want("a boat");
    run_it();
    folder.clear();
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(folder.size() == 1u);
    BOOST_TEST(service.requests() == 1);
    BOOST_TEST(kinds() == "submitted accepted finished image_saved ");
}

BOOST_FIXTURE_TEST_CASE(a_link_that_has_ended_is_renewed_before_it_is_sent, Fixture) {
    service.link_life = 1h;
    want("a boat");
    run_it();
    clock.skip(2h);
    items.clear();
    want("a boat", {{{"describe"}, true, {}, {}}, {{"seed"}, true, {}, {}}});
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST(service.requests() == 3);
    BOOST_TEST(result.tally.retries == 0);
}

BOOST_FIXTURE_TEST_CASE(a_link_that_is_refused_is_replaced_by_a_fresh_one, Fixture) {
    service.faults.link_dead = 100; // and the link does not say so
    want("a boat", {{{"describe"}, true, {}, {}}});
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST(result.tally.paid == 2);
    BOOST_TEST(service.requests() == 3);
}

BOOST_FIXTURE_TEST_CASE(a_step_that_is_refused_with_a_fresh_link_too_fails_for_good, Fixture) {
    service.faults.link_dead = 100;
    want("a boat", {{{"video"}, true, json::Object{{"prompt", "forbidden"}}, {}}});
    auto const result = run_it();
    BOOST_TEST(result.tally.failed == 1u);
    BOOST_TEST(service.requests() == 3);
}

BOOST_FIXTURE_TEST_CASE(nothing_wanted_is_done_at_once, Fixture) {
    BOOST_TEST(name_of(run_it().end) == "all_done");
}

BOOST_FIXTURE_TEST_CASE(what_a_service_cannot_be_asked_about_stays_unknown, Fixture) {
    want("a boat");
    service.faults.lost_after = 100; // no line has named the task
    for (auto const access : {TaskAccess::by_id, TaskAccess::none}) {
        service.access = access;
        auto const result = run_it();
        BOOST_TEST(name_of(result.end) == "some_failed");
        BOOST_TEST(result.tally.unknown == 1u);
        BOOST_TEST(service.requests() == 1);
    }
    service.access = TaskAccess::listing;
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_request_is_not_looked_up_at_another_service_and_not_sent_again, Fixture) {
    static jobs::ServiceModel const other = jobs::default_service(); // equal, and not the same
    want("a boat");
    service.faults.lost_after = 100;
    service.access = TaskAccess::none;
    run_it();
    service.access = TaskAccess::listing;
    options.service = &other;
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(result.tally.unknown == 1u);
    BOOST_TEST(service.requests() == 1);
    options.service = &jobs::default_service();
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 1);
}

} // namespace darkroom::engine
