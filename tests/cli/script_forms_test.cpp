// What the words of a command line promise to scripts.
#include "runner/cli/script_forms.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace darkroom::cli;

BOOST_AUTO_TEST_SUITE(script_forms)

BOOST_AUTO_TEST_CASE(the_forms_are_known_before_the_command_line_is_understood) {
    struct Row {
        std::vector<std::string_view> words;
        bool lines;
        bool object;
    };
    Row const rows[] = {
        {{"darkroom"}, false, false},
        {{"darkroom", "run", "a.yaml"}, false, false},
        {{"darkroom", "run", "--json"}, false, true},
        {{"darkroom", "--progress", "json", "--bogus"}, true, false},
        {{"darkroom", "run", "--progress=json", "--json"}, true, true},
        {{"darkroom", "run", "--progress=json", "--progress", "plain"}, false, false},
        {{"darkroom", "run", "--progress", "plain", "--progress=json"}, true, false},
        {{"darkroom", "run", "--progress"}, false, false},
        {{"darkroom", "run", "--progress", "--json"}, false, false},
        {{"darkroom", "run", "--", "--json", "--progress=json"}, false, false},
        {{"darkroom", "run", "json", "--jsonl"}, false, false},
    };
    for (auto const& row : rows) {
        auto const forms = script_forms_of(row.words);
        BOOST_TEST(forms.lines == row.lines, row.words.back());
        BOOST_TEST(forms.object == row.object, row.words.back());
    }
}

BOOST_AUTO_TEST_CASE(an_early_end_has_its_code_and_a_reason_of_its_own) {
    std::set<std::string> reasons;
    ExitCode const codes[] = {ExitCode::ok,
                              ExitCode::internal,
                              ExitCode::some_failed,
                              ExitCode::no_money,
                              ExitCode::too_many_failures,
                              ExitCode::token_refused,
                              ExitCode::locked,
                              ExitCode::interrupted,
                              ExitCode::usage,
                              ExitCode::bad_file,
                              ExitCode::no_input,
                              ExitCode::disk,
                              ExitCode::contradiction,
                              ExitCode::reader_gone};
    for (auto const code : codes) {
        reasons.insert(std::string(reason_of(code)));
        BOOST_TEST(early_end(code, {}).integer("exit").value_or(-1) == static_cast<int>(code));
        auto const line = early_end_line(code);
        BOOST_TEST(line.integer("exit").value_or(-1) == static_cast<int>(code));
        BOOST_TEST(line.text("reason").value_or("") == reason_of(code));
        BOOST_TEST(line.text("event").value_or("") == "end");
        BOOST_TEST(line.find("name")->is_null());
    }
    BOOST_TEST(reasons.size() == std::size(codes));
}

BOOST_AUTO_TEST_SUITE_END()
