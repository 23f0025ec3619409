// The lines of a run that are about no step.
#include "runner/report/script_lines.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace darkroom;
using namespace darkroom::report;

namespace {

std::string line_of(Worded const& said) { return json::write(to_line(said, WallTime())); }

} // namespace

BOOST_AUTO_TEST_SUITE(script_lines)

BOOST_AUTO_TEST_CASE(a_suggestion_stands_apart) {
    struct Row {
        std::string text, expected, hint;
    };
    Row const rows[] = {
        {"", "", ""},
        {"it is full", "it is full", ""},
        {"unknown key 'a', did you mean 'b'?", "unknown key 'a'", "did you mean 'b'?"},
        {"no file 'a' (did you mean 'b'?)", "no file 'a'", "did you mean 'b'?"},
        {"no (did you mean 'b'?) file", "no (did you mean 'b'?) file", ""},
        {"did you mean 'b'?", "did you mean 'b'?", ""},
    };
    for (auto const& row : rows) {
        auto const split = split_hint(row.text);
        BOOST_TEST(split.text == row.expected);
        BOOST_TEST(split.hint == row.hint);
    }
}

BOOST_AUTO_TEST_CASE(a_finding_has_all_its_keys) {
    jobs::Finding finding;
    finding.text = "no";
    BOOST_TEST(json::write(to_json(finding)) ==
               R"({"message":"no","file":null,"line":null,"column":null,"hint":null})");
    finding.file = "a.yaml";
    finding.line = 3;
    finding.column = 7;
    finding.text = "no, did you mean 'yes'?";
    auto const places = R"("message":"no","file":"a.yaml","line":3,"column":7,)"
                        R"("hint":"did you mean 'yes'?"})";
    auto const at = R"("at":"1970-01-01T00:00:00.000Z",)";
    BOOST_TEST(json::write(to_line(finding, WallTime())) ==
               fmt::format(R"({{"event":"error",{}{})", at, places));
    finding.level = jobs::Finding::Level::warning;
    BOOST_TEST(json::write(to_line(finding, WallTime())) ==
               fmt::format(R"({{"event":"warning",{}{})", at, places));
}

BOOST_AUTO_TEST_CASE(a_sentence_is_a_note_a_warning_or_an_error) {
    auto const at = R"("at":"1970-01-01T00:00:00.000Z",)";
    auto const nowhere = R"(,"file":null,"line":null,"column":null,"hint":null})";
    struct Row {
        Worded said;
        std::string expected;
    };
    Row const rows[] = {
        {{"a", Ink::plain, false}, fmt::format(R"({{"event":"note",{}"message":"a"}})", at)},
        {{"a", Ink::busy, true}, fmt::format(R"({{"event":"note",{}"message":"a"}})", at)},
        {{"a", Ink::bad, false}, fmt::format(R"({{"event":"note",{}"message":"a"}})", at)},
        {{"a", Ink::bad, true}, fmt::format(R"({{"event":"error",{}"message":"a"{})", at, nowhere)},
        {{"warning: a", Ink::bad, true},
         fmt::format(R"({{"event":"warning",{}"message":"a"{})", at, nowhere)},
        {{"warning: a", Ink::plain, false},
         fmt::format(R"({{"event":"warning",{}"message":"a"{})", at, nowhere)},
    };
    for (auto const& row : rows) BOOST_TEST(line_of(row.said) == row.expected);
}

BOOST_AUTO_TEST_CASE(the_last_line_has_the_keys_of_the_summary) {
    Closing closing;
    closing.name = "cars";
    closing.directory = "out/cars";
    closing.exit = 2;
    auto const summary = to_json(closing);
    auto const line = end_line(closing, "some_failed", WallTime());
    for (auto const& [key, value] : *summary.object())
        BOOST_TEST(json::write(*line.find(key)) == json::write(value), key);
    BOOST_TEST(line.object()->size() == summary.object()->size() + 3);
    BOOST_TEST(line.object()->back().first == "reason");
}

BOOST_AUTO_TEST_SUITE_END()
