// The texts of events: plain lines, JSON lines, money and advice.
#include "runner/report/words.hpp"

#include "runner/report/board.hpp"
#include "tests/report/stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using namespace std::chrono_literals;
using engine::Verdict;

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(money_has_two_decimals_and_more_only_where_they_are_not_zero) {
    struct Row {
        jobs::Micros amount;
        std::string_view text, json;
    };
    Row const rows[] = {
        {0, "0.00", "0.0"},          {26'000, "0.026", "0.026"},    {15'600'000, "15.60", "15.6"},
        {1, "0.000001", "0.000001"}, {20'000'000, "20.00", "20.0"}, {-1'500'000, "-1.50", "-1.5"},
    };
    for (auto const& row : rows) {
        BOOST_TEST(format_money(row.amount) == row.text);
        BOOST_TEST(*money_value(row.amount).number() * 1e6 == static_cast<double>(row.amount),
                   boost::test_tools::tolerance(1e-9));
    }
}

BOOST_AUTO_TEST_CASE(a_step_is_called_by_job_item_repeat_and_path) {
    auto info = test::info_of(12);
    BOOST_TEST(step_name(info) == "cars/12");
    info.path = "variation2/upscale4";
    info.repeat = 1;
    BOOST_TEST(step_name(info) == "cars/12#2/variation2/upscale4");
}

BOOST_AUTO_TEST_CASE(every_fact_has_its_own_line) {
    test::Story story{test::info_of(1)};
    auto const text = [&](engine::Event const& event) { return word(event, story.state).text; };
    BOOST_TEST(text(story.submitted()) == "cars/1  submitted  generate a lighthouse in fog");
    BOOST_TEST(text(story.accepted()) == "cars/1  accepted   task-1");
    BOOST_TEST(text(story.finished()) == "cars/1  finished   image 1214010943567245384, 0.026");
    auto earlier = story.finished();
    std::get<engine::Finished>(earlier.fact).by_earlier_run = true;
    BOOST_TEST(text(earlier).ends_with(", 0.026 (of an earlier run)"));
    BOOST_TEST(text(story.saved()) ==
               "cars/1  saved      images/cars/000001-generate.png 1024x1024 1.4 MB");
    engine::Skipped const skipped{test::info_of(2, "upscale4"), "the step above failed"};
    BOOST_TEST(text(story.next(skipped)) == "cars/2/upscale4  skipped    the step above failed");
    BOOST_TEST(text(story.next(engine::Requeued())).find("requeued") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failure_for_good_says_class_code_message_and_what_to_do) {
    test::Story story{test::info_of(1)};
    story.submitted();
    auto problem = test::problem_of(Verdict::rejected, "bad_request", "the prompt is\x1b[31m bad");
    problem.status = 400;
    problem.trace_id = "tr-1";
    auto const worded = word(story.failed(problem, true), story.state);
    BOOST_TEST(worded.is_error);
    BOOST_TEST((worded.colour == Ink::bad));
    BOOST_TEST(worded.text == "cars/1  FAILED     rejected, bad_request (400): the prompt is"
                              "\uFFFD[31m bad [trace tr-1]; change the prompt or its parameters, "
                              "then run again");
}

BOOST_AUTO_TEST_CASE(a_failed_attempt_is_no_error_line_yet) {
    test::Story story{test::info_of(1)};
    story.submitted();
    auto const event = story.failed(test::problem_of(Verdict::transient, "refused"), false);
    BOOST_TEST(!word(event, story.state).is_error);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_left_for_the_next_run_is_a_problem_and_no_failure) {
    test::Story story{test::info_of(1)};
    story.submitted();
    engine::Failed left{test::problem_of(Verdict::transient, "no_address"), false, std::nullopt};
    left.left = true;
    auto const worded = word(story.next(left), story.state);
    BOOST_TEST(worded.is_error);
    BOOST_TEST(worded.text == "cars/1  LEFT       transient, no_address; check the host in "
                              "service.url; the next run tries it again");
    BOOST_TEST((story.state.phase == engine::Phase::wanted));
}

BOOST_AUTO_TEST_CASE(a_wait_says_for_how_long_and_why) {
    auto const rate = test::problem_of(Verdict::rate, "too_many_requests", "slow down");
    auto const waits = word(engine::Waiting{test::key_of("a"), rate, 12s}, "cars/1");
    BOOST_TEST(waits.text == "cars/1  waiting    again in 12s: rate, too_many_requests: slow down");
    auto const lost = test::problem_of(Verdict::unknown, "connection_reset");
    auto const asks = word(engine::Waiting{test::key_of("a"), lost, 0s}, "cars/1");
    BOOST_TEST(asks.text.find("asking the service") != std::string::npos);
    auto const broken = test::problem_of(Verdict::download, "http_403");
    auto const links = word(engine::Waiting{test::key_of("a"), broken, 1s, false, true}, "cars/1");
    BOOST_TEST(links.text ==
               "cars/1  waiting    again with a fresh link from the service: download, http_403");
    auto const told = word(engine::Waiting{test::key_of("a"), rate, 214ms, true}, "cars/1");
    BOOST_TEST(told.text == "cars/1  waiting    again in 0.2s");
}

BOOST_AUTO_TEST_CASE(a_wait_is_as_long_as_it_says) {
    BOOST_TEST(wait_text(0ms) == "0.0s");
    BOOST_TEST(wait_text(1250ms) == "1.2s");
    BOOST_TEST(wait_text(9940ms) == "9.9s");
    BOOST_TEST(wait_text(10s) == "10s");
    BOOST_TEST(wait_text(65s) == "1m 05s");
}

BOOST_AUTO_TEST_CASE(every_verdict_has_advice) {
    for (int value = 0; value <= static_cast<int>(Verdict::disk); ++value) {
        auto const verdict = static_cast<Verdict>(value);
        BOOST_TEST(advice(test::problem_of(verdict)).size() > 10u, name_of(verdict));
    }
    BOOST_TEST(advice(test::problem_of(Verdict::transient, std::string(not_the_service)))
                   .starts_with("this is not the service"));
    BOOST_TEST(advice(test::problem_of(Verdict::rejected, "not_offered")) !=
               advice(test::problem_of(Verdict::rejected, "bad_request")));
}

BOOST_AUTO_TEST_CASE(json_lines_have_the_documented_keys) {
    test::Story story{test::info_of(1)};
    auto const keys = [&](engine::Event const& event) {
        auto const line = to_line(event, story.state);
        std::string all;
        for (auto const& [key, value] : *line.object()) all += key + " ";
        return all;
    };
    std::string const base = "event at step job item repeat path ";
    BOOST_TEST(keys(story.submitted()) == base + "action prompt price by_earlier_run ");
    BOOST_TEST(keys(story.accepted()) == base + "task_id ");
    auto const lost = test::problem_of(Verdict::unknown, "reset");
    BOOST_TEST(keys(story.failed(lost, false)) ==
               base + "class code message status trace_id final left ");
    BOOST_TEST(keys(story.finished()) == base + "task_id trace_id image_id cost by_earlier_run ");
    BOOST_TEST(keys(story.saved()) == base + "file sha256 format bytes width height tile ");
    engine::Skipped const skipped{test::info_of(2), "why"};
    BOOST_TEST(keys(story.next(skipped)) == base + "why ");
    BOOST_TEST(json::write(to_line(engine::Waiting{story.key, lost, 1500ms}, WallTime())) ==
               R"({"event":"waiting","at":"1970-01-01T00:00:00.000Z","step":")" +
                   to_hex(story.key) +
                   R"(","class":"unknown","code":"reset","message":"","status":0,)"
                   R"("trace_id":"","seconds":1.5})");
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_to_retry_what_cannot_work) {
    struct Case {
        std::uint64_t failed;
        std::uint64_t rejected;
        std::string expected;
    };
    std::string const refused = "See out/a/failed.jsonl: the service refuses what ";
    Case const cases[] = {
        {0, 0, ""},
        {3, 0, "See out/a/failed.jsonl; 'darkroom retry out/a' tries them again."},
        {1, 1, refused + "1 step asks for. Edit the job file and run it again."},
        {1, 0, "See out/a/failed.jsonl; 'darkroom retry out/a' tries it again."},
        {3, 2,
         refused + "2 steps ask for. Edit the job file and run it again. 'darkroom retry out/a' "
                   "tries the other again."},
        {4, 2,
         refused + "2 steps ask for. Edit the job file and run it again. 'darkroom retry out/a' "
                   "tries the others again."},
    };
    for (auto const& row : cases)
        BOOST_TEST(advice_on_failures(row.failed, row.rejected, "out/a") == row.expected);
}

BOOST_AUTO_TEST_SUITE_END()
