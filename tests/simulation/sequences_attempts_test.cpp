// The sequences of several attempts, wrong clocks, gateways, crashes and other runs.
#include "tests/simulation/scenario.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Phase;
using engine::RunEnd;

namespace {

constexpr char const* gateway_json = R"({"message": "upstream is away"})";

/// Makes the first run and, where it has not done all, others an hour apart.
bool is_done_in(Scenario& story, int most = 3) {
    return story.run_once().end == RunEnd::all_done || story.runs_until_done(most) != 0;
}

void check(Scenario& story, int charged) {
    BOOST_TEST(story.booked() == charged);
    BOOST_TEST(story.wrongs().empty(), fmt::format("{}", fmt::join(story.wrongs(), "; ")));
    BOOST_TEST_INFO("what is left says: " << story.reason());
    BOOST_TEST(story.charged() == charged);
}

} // namespace

BOOST_AUTO_TEST_CASE(sequence_4_a_clock_that_was_ahead_while_sending_buys_nothing_twice) {
    for (Duration const ahead : {Duration(10min), Duration(8h), Duration(-8h)}) {
        for (bool const taken : {true, false}) {
            Scenario story;
            story.our_clock.ahead = ahead;
            story.service.accidents[2] = Accident::lost(taken, 30s);
            for (int i = 0; i < 4; ++i) story.want(fmt::format("boat {} of four", i));
            story.options.limits.concurrency = 1;
            story.run_and_crash(29s);
            story.our_clock.ahead = {};
            story.clock.skip(20min); // the machine was suspended
            BOOST_TEST(is_done_in(story));
            check(story, 4);
        }
    }
}

BOOST_AUTO_TEST_CASE(sequence_10_a_request_in_the_queue_of_a_gateway_is_not_sent_again) {
    Scenario story;
    auto waiting = Accident::lost(true, 10min);
    waiting.transit = 3min;
    story.service.accidents[1] = waiting;
    story.want("a lantern");
    story.run_and_crash(1s);
    for (int i = 0; i < 3; ++i) story.want(fmt::format("hill {} of three", i));
    BOOST_TEST(is_done_in(story));
    check(story, 4);
}

BOOST_AUTO_TEST_CASE(sequence_13_many_losses_at_once_and_an_outage_with_healthy_records) {
    Scenario story;
    story.service.add_history("");
    for (int i = 0; i < 50; ++i) story.want(fmt::format("boat {} of fifty", i));
    story.options.limits.concurrency = 50;
    for (int i = 1; i <= 50; ++i) story.service.accidents[i] = Accident::lost(i % 2 == 0, 5s);
    BOOST_TEST(is_done_in(story, 6));
    check(story, 50);

    Scenario outage;
    outage.service.add_history("");
    outage.options.budget.generations = 60;
    for (int i = 0; i < 60; ++i) outage.want(fmt::format("hill {} of sixty", i));
    for (int i = 1; i <= 5'000; ++i) outage.service.accidents[i] = Accident::page(502, false);
    auto const result = outage.run_once();
    BOOST_TEST(name_of(result.end) == "too_many_failures");
    BOOST_TEST(outage.charged() == 0);
    BOOST_TEST(outage.service.requests() <= 60);
    outage.service.accidents.clear();
    BOOST_TEST(outage.runs_until_done(6) != 0);
    check(outage, 60);
}

BOOST_AUTO_TEST_CASE(sequence_14_a_lost_one_of_equal_requests_adopts_only_what_is_its_own) {
    for (bool const taken : {true, false}) {
        Scenario story;
        story.delivery = jobs::Delivery::wait;
        story.service.accidents[2] = Accident::lost(taken, 1s);
        story.want("a lantern", 4);
        BOOST_TEST(is_done_in(story));
        check(story, 4);
    }
}

BOOST_AUTO_TEST_CASE(sequence_15_requests_that_differ_in_one_word_are_never_swapped) {
    Scenario story;
    story.want("a red boat before it");
    for (char const* prompt : {"cat 1", "cat 10"}) story.want(prompt);
    story.want("https://h/a.png https://h/b.png");
    story.want("https://h/a.png https://h/c.png");
    for (int i = 2; i <= 5; ++i) story.service.accidents[i] = Accident::lost(true, 1s);
    story.options.limits.concurrency = 5;
    BOOST_TEST(is_done_in(story, 6));
    check(story, 5);
}

BOOST_AUTO_TEST_CASE(sequence_17_the_record_of_an_attempt_that_failed_does_not_end_the_next_one) {
    Scenario story;
    Accident error;
    error.kind = Accident::Kind::answer;
    error.status = 500;
    error.body = R"({"error":{"code":"api_error","message":"no"},"trace_id":"t"})";
    error.taken = error.fails = true;
    story.service.accidents[1] = error;
    story.service.accidents[2] = Accident::lost(true, 1s);
    story.service.on_accept = [](Task& task) {
        task.ends_at = task.taken_at + (task.number == 1 ? Duration(2s) : Duration(10min));
    };
    story.want("a lantern");
    BOOST_TEST(is_done_in(story));
    check(story, 1);
    BOOST_TEST(story.service.requests() == 2);
}

BOOST_AUTO_TEST_CASE(sequence_18_a_task_of_another_run_that_fails_does_not_end_ours) {
    Scenario story;
    story.service.accidents[1] = Accident::lost(true, 1s);
    story.service.on_accept = [&story](Task& task) {
        task.ends_at = task.taken_at + 5min;
        if (task.number != 1) return;
        auto& other = story.service.add_foreign("a lantern", task.created_at);
        other.end = TaskEnd::failed;
        other.ends_at = task.taken_at + 2s;
    };
    story.want("a lantern");
    BOOST_TEST(is_done_in(story));
    check(story, 1);
}

BOOST_AUTO_TEST_CASE(a_failed_task_of_an_earlier_attempt_does_not_end_the_next_one) {
    Scenario story;
    story.service.accidents[2] = Accident::lost(true, 10min);
    story.service.on_accept = [&story](Task& task) {
        task.ends_at = task.taken_at + 2s;
        if (task.number == 1) task.end = TaskEnd::failed;
        if (task.number != 2) return;
        task.listed_from = task.taken_at + 30min;
        auto& other = story.service.add_foreign("a lantern", task.created_at);
        other.end = TaskEnd::failed;
        other.ends_at = task.taken_at + 3min;
    };
    story.want("a lantern");
    story.run_and_crash(1min);
    BOOST_TEST(is_done_in(story));
    check(story, 1);
    BOOST_TEST(story.service.requests() == 2);
}

BOOST_AUTO_TEST_CASE(sequence_19_a_word_that_is_taken_back_is_booked_twice) {
    for (auto const delivery : {jobs::Delivery::callback, jobs::Delivery::stream}) {
        Scenario story;
        story.delivery = delivery;
        story.service.on_accept = [](Task& task) {
            task.ends_at = task.taken_at + 20s;
            if (task.number != 1) return;
            task.says_failed_until = task.taken_at + 10min;
            task.false_word = "api_error";
        };
        for (int i = 0; i < 60; ++i) story.want(fmt::format("boat {} of many", i));
        story.options.limits.concurrency = 1;
        BOOST_TEST(is_done_in(story));
        story.service.accidents[story.service.calls + 2] = Accident::lost(false, 1s);
        for (int i = 0; i < 3; ++i) story.want(fmt::format("hill {} of three", i));
        BOOST_TEST(story.runs_until_done() != 0); // a listing shows the first task once more
        check(story, 64);
    }
}

BOOST_AUTO_TEST_CASE(sequence_20_a_timeout_from_anywhere_is_not_bought_again) {
    for (auto const delivery : {jobs::Delivery::stream, jobs::Delivery::poll,
                                jobs::Delivery::callback, jobs::Delivery::wait}) {
        Scenario story;
        story.delivery = delivery;
        story.service.on_accept = [](Task& task) {
            task.ends_at = task.taken_at + 20s;
            task.says_failed_until = task.taken_at + 5min;
            task.false_word = "timeout";
        };
        story.want("a lantern");
        BOOST_TEST(is_done_in(story));
        check(story, 1);
        BOOST_TEST(story.service.requests() == 1);
    }
    Scenario story;
    Accident answer;
    answer.kind = Accident::Kind::answer;
    answer.status = 504;
    answer.body = R"({"error":{"code":"timeout","message":"not ready"},"trace_id":"t"})";
    answer.taken = true;
    story.service.accidents[1] = answer;
    story.want("a lantern");
    BOOST_TEST(is_done_in(story));
    check(story, 1);
}

BOOST_AUTO_TEST_CASE(sequence_21_a_page_after_the_service_took_the_request_is_not_bought_again) {
    for (int const status : {499, 500, 502, 503, 504, 520, 522, 524, 200}) {
        for (char const* body : {"<html>gateway</html>", gateway_json, ""}) {
            BOOST_TEST_CONTEXT(status << " " << body) {
                Scenario story;
                story.service.accidents[2] = Accident::page(status, true, body);
                if (body == gateway_json) story.service.accidents[2].type = "application/json";
                for (int i = 0; i < 3; ++i) story.want(fmt::format("boat {} of three", i));
                story.options.limits.concurrency = 1;
                BOOST_TEST(is_done_in(story));
                check(story, 3);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(sequence_21b_pages_in_front_of_a_service_that_has_spoken_are_unknown) {
    for (int const status : {301, 302, 401, 403, 404, 405, 407, 413, 421, 425}) {
        for (bool const taken : {true, false}) {
            BOOST_TEST_CONTEXT(status << (taken ? " taken" : "")) {
                Scenario story;
                story.service.accidents[2] = Accident::page(status, taken);
                for (int i = 0; i < 4; ++i) story.want(fmt::format("boat {} of four", i));
                story.options.limits.concurrency = 1;
                BOOST_TEST(is_done_in(story));
                check(story, 4);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(sequence_22_a_page_for_one_prompt_always_leaves_it_for_the_next_run) {
    Scenario story;
    story.service.page_for = "the forbidden word";
    for (int i = 0; i < 3; ++i) story.want(fmt::format("boat {} of some", i));
    story.want("the forbidden word");
    for (int i = 3; i < 40; ++i) story.want(fmt::format("boat {} of some", i));
    story.options.limits.concurrency = 1;
    story.options.retry.attempts = 3;
    auto const result = story.run_once();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(result.tally.left + result.tally.unknown == 1u);
    BOOST_TEST(!story.reason().empty());
    check(story, 39 + 1);
}

BOOST_AUTO_TEST_CASE(sequence_23_a_wrong_url_stops_early_and_leaves_nothing_unknown) {
    for (int const status : {404, 301, 403}) {
        Scenario story;
        for (int i = 1; i <= 5'000; ++i) story.service.accidents[i] = Accident::page(status, false);
        for (int i = 0; i < 60; ++i) story.want(fmt::format("boat {} of sixty", i));
        auto const result = story.run_once();
        BOOST_TEST(name_of(result.end) == "too_many_failures");
        BOOST_TEST(result.tally.unknown == 0u);
        BOOST_TEST(story.in_phase(Phase::failed) == 0);
        story.service.accidents.clear();
        BOOST_TEST(name_of(story.run_once().end) == "all_done"); // the URL is mended
        check(story, 60);
    }
}

BOOST_AUTO_TEST_CASE(sequence_24_nothing_is_proven_by_the_listing_of_another_token_or_service) {
    for (bool const other_url : {true, false}) {
        Scenario story;
        story.service.accidents[2] = Accident::lost(false, 30s);
        for (int i = 0; i < 3; ++i) story.want(fmt::format("boat {} of three", i));
        story.options.limits.concurrency = 1;
        story.run_and_crash(29s);
        if (other_url)
            story.url = "https://other.invalid";
        else
            story.token_mark = "~rotated";
        for (int i = 0; i < 3; ++i) story.want(fmt::format("hill {} of three", i));
        story.run_once();
        story.runs_until_done(2);
        BOOST_TEST(story.in_phase(Phase::open) == 1);
        BOOST_TEST(!story.reason().empty());
        check(story, 5);
    }
}

BOOST_AUTO_TEST_CASE(sequence_25_two_runs_at_once_with_equal_prompts_lose_nothing) {
    Scenario story;
    story.service.imperfections.equal_strangers = 100;
    for (int i = 2; i <= 5; ++i) story.service.accidents[i] = Accident::lost(i % 2 == 0, 1s);
    for (int i = 0; i < 6; ++i) story.want(fmt::format("boat {} of six", i));
    is_done_in(story, 4);
    BOOST_TEST(story.charged() <= 6);
    BOOST_TEST(story.wrongs().empty(), fmt::format("{}", fmt::join(story.wrongs(), "; ")));
}

BOOST_AUTO_TEST_CASE(sequence_25b_an_answer_with_the_task_of_another_request_is_unknown) {
    struct Row {
        jobs::Delivery delivery;
        char const* body;
    };
    constexpr Row rows[] = {
        {jobs::Delivery::stream,
         R"({"success":true,"task_id":"task-1","image_id":"1300000000000000001",)"
         R"("image_url":"https://images.invalid/1300000000000000001?age=0&","progress":100})"},
        {jobs::Delivery::poll, R"({"success":true,"task_id":"task-1"})"},
        {jobs::Delivery::wait,
         R"({"error":{"code":"api_error","message":"no"},"task_id":"task-1","trace_id":"t"})"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.body) {
            Scenario story;
            story.delivery = row.delivery;
            Accident again;
            again.kind = Accident::Kind::answer;
            again.status = 200;
            again.body = row.body;
            again.taken = true;
            story.service.accidents[2] = again;
            for (int i = 0; i < 3; ++i) story.want(fmt::format("boat {} of three", i));
            story.options.limits.concurrency = 1;
            BOOST_TEST(is_done_in(story));
            check(story, 3);
            BOOST_TEST(story.service.requests() == 3);
        }
    }
}

BOOST_AUTO_TEST_CASE(sequence_26_intents_of_a_crash_are_free_in_the_same_boot) {
    for (bool const reboots : {false, true}) {
        for (Duration const after : {Duration(1ms), Duration(10ms), Duration(25ms)}) {
            Scenario story;
            for (int i = 0; i < 5; ++i) story.want(fmt::format("boat {} of five", i));
            story.run_and_crash(after);
            if (reboots) story.marks.reboot();
            BOOST_TEST(is_done_in(story, 4));
            BOOST_TEST(story.charged() == 5);
            BOOST_TEST(story.booked() == 5);
        }
    }
}

} // namespace darkroom::simulation
