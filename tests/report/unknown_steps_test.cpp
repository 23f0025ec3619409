// The steps without a last word: their lines for a person, and their object for a script.
#include "runner/report/unknown_steps.hpp"

#include "runner/base/time_text.hpp"
#include "tests/report/fake_history.hpp"
#include "tests/report/stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using engine::Verdict;

namespace {

WallTime time_at(std::string const& time) {
    return parse_rfc3339("2026-11-28T" + time + ".000Z").value();
}

/// A step that was sent at nine, and whose answer was lost at 9:05 when `is_lost`.
UnknownStep sent_step(std::uint64_t item, bool is_lost = true) {
    UnknownStep step;
    step.key = test::key_of("step " + std::to_string(item));
    step.info = test::info_of(item);
    step.sent_at = time_at("09:00:00");
    if (!is_lost) return step;
    step.lost_at = time_at("09:05:00");
    step.problem = test::problem_of(Verdict::unknown, "connection_reset", "the peer reset it");
    return step;
}

std::string text_of(UnknownSteps const& steps) {
    std::string all;
    for (auto const& line : unknown_lines(steps, "out/cars")) all += line + "\n";
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(unknown_steps)

BOOST_AUTO_TEST_CASE(nothing_is_said_when_nothing_is_unknown) {
    BOOST_TEST(unknown_lines({}, "out/cars").empty());
    BOOST_TEST(to_json(UnknownSteps()).empty());
}

BOOST_AUTO_TEST_CASE(a_step_is_named_with_its_reason_its_end_and_the_commands) {
    auto const key = short_key(test::key_of("step 12"));
    BOOST_TEST(key.size() == 12u);
    BOOST_TEST(text_of({{sent_step(12)}, 1}) ==
               "Sent, and without a last word (never sent again until it is proven that the "
               "service does not have it; the budget counts it as spent):\n"
               "  cars/12  " +
                   key +
                   "  generate a lighthouse in fog\n"
                   "    since 2026-11-28T09:05:00Z: unknown, connection_reset: the peer reset it\n"
                   "    ends when the service lists a later task of its kind, or with a run after "
                   "2026-11-28T10:00:00Z that can read the whole list\n"
                   "'darkroom run' asks the service about them again and goes on; with --settle it "
                   "buys nothing.\n"
                   "'darkroom audit out/cars' lists the tasks of the account that no step has.\n"
                   "If you know what became of one: 'darkroom resolve out/cars " +
                   key + " --task ID' names its task, 'darkroom resolve out/cars " + key +
                   " --not-taken' has it sent again.\n");
}

BOOST_AUTO_TEST_CASE(a_task_that_is_known_ends_with_its_record) {
    auto step = sent_step(1);
    step.task_id = "task-\x1b[31m1";
    BOOST_TEST(end_of(step) == "ends with the record of task task-\uFFFD[31m1, at the latest when "
                               "a run asks after 2026-11-29T09:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_request_without_a_recorded_answer_is_unknown_since_it_was_sent) {
    auto const step = sent_step(1, false);
    BOOST_TEST((step.since() == step.sent_at));
    BOOST_TEST(reason_of(step).starts_with("it was sent, and no answer is recorded"));
}

// A failure of an earlier attempt says nothing about the present one.
BOOST_AUTO_TEST_CASE(the_reason_is_that_of_the_open_attempt) {
    test::Story story{test::info_of(1)};
    story.submitted();
    story.failed(test::problem_of(Verdict::generation, "api_error"), false);
    story.submitted();
    BOOST_TEST(reason_of(unknown_step_of(story.key, story.state)).find("api_error") ==
               std::string::npos);
    story.failed(test::problem_of(Verdict::unknown, "connection_reset"), false);
    BOOST_TEST(reason_of(unknown_step_of(story.key, story.state)).find("connection_reset") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(twenty_are_shown_and_the_rest_is_counted) {
    UnknownSteps steps;
    for (std::uint64_t item = 0; item < 25; ++item) steps.first.push_back(sent_step(item));
    steps.all = 3000;
    auto const text = text_of(steps);
    BOOST_TEST(text.find("  cars/19  ") != std::string::npos);
    BOOST_TEST(text.find("  cars/20  ") == std::string::npos);
    BOOST_TEST(text.find("  and 2980 more\n") != std::string::npos);
    BOOST_TEST(to_json(steps).size() == 25u);
}

BOOST_AUTO_TEST_CASE(a_thousand_are_read_and_all_are_counted) {
    test::FakeHistory history;
    for (std::uint64_t item = 0; item < 1005; ++item) {
        engine::FailedRow row;
        row.key = test::key_of(std::to_string(item));
        history.open.push_back(row);
        history.states[row.key].info = test::info_of(item);
    }
    auto const steps = read_unknown_steps(history);
    BOOST_REQUIRE(steps.has_value());
    BOOST_TEST(steps->first.size() == 1000u);
    BOOST_TEST(steps->all == 1005u);
    BOOST_TEST(steps->first.at(7).info.item == 7u);
}

BOOST_AUTO_TEST_CASE(the_object_of_a_step_has_the_documented_keys) {
    auto step = sent_step(12);
    step.task_id = "task-1";
    BOOST_TEST(json::write(json::Value(to_json(UnknownSteps{{step}, 1}))) ==
               R"([{"key":")" + to_hex(step.key) +
                   R"(","step":"cars/12","job":"cars","item":12,"path":"",)"
                   R"("prompt":"a lighthouse in fog","task_id":"task-1",)"
                   R"("since":"2026-11-28T09:05:00.000Z",)"
                   R"("reason":"unknown, connection_reset: the peer reset it"}])");
}

BOOST_AUTO_TEST_SUITE_END()
