// Every kind of object that scripts read has exactly the keys of its schema.
#include "runner/report/schemas.hpp"

#include "runner/report/script_lines.hpp"
#include "runner/report/status.hpp"
#include "tests/report/stage.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace darkroom;
using namespace darkroom::report;

namespace {

json::Value schema_named(std::string_view name) { return json::read(schema_text(name)).value(); }

/// Compares the keys of an object with those that a definition lists and requires.
void check_keys(json::Value const& value, std::string_view schema, std::string const& definition) {
    auto const whole = schema_named(schema);
    auto const* const found = whole.find("definitions")->find(definition);
    BOOST_REQUIRE_MESSAGE(found != nullptr, definition);
    BOOST_TEST(found->boolean("additionalProperties").value_or(true) == false, definition);
    auto const* const properties = found->find("properties");
    for (auto const& [key, member] : *value.object())
        BOOST_TEST((properties->find(key) != nullptr), definition << ": " << key);
    for (auto const& key : found->texts("required"))
        BOOST_TEST((value.find(key) != nullptr), definition << ": " << key);
}

void check_event(json::Value const& line) {
    check_keys(line, "events", line.text("event").value_or(""));
}

} // namespace

BOOST_AUTO_TEST_SUITE(schemas)

BOOST_AUTO_TEST_CASE(each_schema_is_json_with_an_end_of_line) {
    for (auto const* name : {"events", "summary", "status", "manifest"}) {
        BOOST_TEST(json::read(schema_text(name)).has_value(), name);
        BOOST_TEST(schema_text(name).ends_with("}\n"), name);
    }
    BOOST_TEST(schema_text("job") == "");
}

BOOST_AUTO_TEST_CASE(each_fact_has_the_keys_of_its_event) {
    test::Story story{test::info_of(1)};
    std::set<std::string> seen;
    auto const check = [&](engine::Event const& event) {
        auto const line = to_line(event, story.state);
        check_event(line);
        seen.insert(line.text("event").value_or(""));
    };
    check(story.submitted());
    check(story.accepted());
    check(story.failed(test::problem_of(engine::Verdict::generation, "api_error"), true));
    check(story.next(engine::Requeued()));
    check(story.next(engine::SetAside{"task-2", "a person said so"}));
    check(story.next(engine::Skipped{test::info_of(2), "the step above failed"}));
    check(story.submitted());
    check(story.finished());
    check(story.next(engine::ChargedAgain{"task-2", 26'000}));
    check(story.saved());
    auto trailing = story.saved();
    std::get<engine::ImageSaved>(trailing.fact).image.trailing = 3;
    check(trailing);
    auto info = test::info_of(3);
    info.action = "describe";
    test::Story text{info};
    text.submitted();
    auto const saved = text.next(engine::ImageSaved());
    auto const line = to_line(saved, text.state);
    BOOST_TEST(line.text("event").value_or("") == "text_saved");
    check_event(line);
    std::set<std::string> const facts{"submitted", "accepted",      "failed",
                                      "requeued",  "set_aside",     "skipped",
                                      "finished",  "charged_again", "image_saved"};
    BOOST_TEST(seen == facts, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_lines_about_the_run_have_the_keys_of_their_events) {
    auto const problem = test::problem_of(engine::Verdict::rate, "too_many_requests");
    check_event(to_line(engine::Waiting{test::key_of("a"), problem, {}}, WallTime()));
    check_event(to_line(engine::ParkedAccount{"a", problem, 1}, WallTime()));
    check_event(to_line(Worded{"a note", Ink::plain, false}, WallTime()));
    check_event(to_line(Worded{"warning: a", Ink::plain, false}, WallTime()));
    check_event(to_line(Worded{"an error", Ink::bad, true}, WallTime()));
}

BOOST_AUTO_TEST_CASE(summaries_ends_and_states_have_the_keys_of_theirs) {
    Closing closing;
    closing.result.accounts = {{"day", 1, 26'000, {}}, {"night", 0, 0, {}}};
    check_keys(to_json(closing), "summary", "summary");
    check_event(end_line(closing, "all_done", WallTime()));
    check_keys(to_json(Status()), "status", "status");
    Status status;
    status.accounts["day"].paid = 1;
    check_keys(to_json(status), "status", "status");
}

BOOST_AUTO_TEST_SUITE_END()
