// The prompt language as a table: what is written, what it stands for.
#include "jobs/prompt.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::jobs;

namespace {

Variables const values{{"car", "Ferrari"}, {"odd", "a, {b} \\, }"}, {"empty", ""}};

std::string expansions(std::string_view text) {
    std::vector<TextProblem> problems;
    auto const read = Template::parse(text, problems);
    if (!problems.empty())
        return std::to_string(problems.front().offset) + ": " + problems.front().text;
    std::string all;
    for (std::uint64_t i = 0; i < read.count(); ++i)
        all += (i == 0 ? "" : " | ") + read.expand(i, values);
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prompts)

BOOST_AUTO_TEST_CASE(a_text_stands_for_these_prompts) {
    struct Row {
        std::string_view text;
        std::string_view prompts;
    };
    Row const rows[] = {
        {"", ""},
        {"a red car", "a red car"},
        {"  trimmed  ", "trimmed"},
        {"a {{car}}", "a Ferrari"},
        {"{{ car }}", "Ferrari"},
        {"{{colour|red}} {{car|x}}", "red Ferrari"},
        {"{{colour|}}", ""},
        {"{{odd}}", "a, {b} \\, }"},
        {"{a, b}", "a | b"},
        {"x {a, b} {1, 2}", "x a 1 | x a 2 | x b 1 | x b 2"},
        {"{a, {b, c} d}", "a | b d | c d"},
        {"{{a, b}, c}", "a | b | c"},
        {"{ {{car}}, b }", "Ferrari | b"},
        {"{{{car}}, b}", "Ferrari | b"},
        {"{a}", "a"},
        {"a {, very }old", "a old | a veryold"},
        {"{a\\, b, c}", "a, b | c"},
        {"\\{a, b\\}", "{a, b}"},
        {"a, b", "a, b"},
        {"a \\n b \\", "a \\n b \\"},
        {"{dawn,dusk}--ar 16:9", "dawn--ar 16:9 | dusk--ar 16:9"},
        {"雨 {夜, 朝}", "雨 夜 | 雨 朝"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.text) BOOST_TEST(expansions(row.text) == row.prompts);
    }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_prompt_is_refused_where_it_goes_wrong) {
    struct Row {
        std::string_view text;
        std::string_view problem;
    };
    Row const rows[] = {
        {"a {b, c", "2: '{' is never closed"},
        {"a b}", "3: '}' without '{'"},
        {"{a, {b, c}", "0: '{' is never closed"},
        {"{{my car}}", "0: '{{my car}}' is no variable"},
        {"x {{}}", "2: '{{}}' is no variable"},
        {"{{1st}}", "0: '{{1st}}' is no variable"},
        {"{{{{{{{{{{{{{{{{{{{{{{{{{{{{a,b", "16: braces nested deeper than 16"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.text)
        BOOST_TEST(expansions(row.text).substr(0, row.problem.size()) == row.problem);
    }
}

BOOST_AUTO_TEST_CASE(permutations_are_counted_without_being_made) {
    std::vector<TextProblem> problems;
    std::string text;
    for (int i = 0; i < 10; ++i) text += "{a, b, c, d, e, f, g, h, i, j} ";
    auto const read = Template::parse(text, problems);
    BOOST_TEST(read.count() == 10'000'000'000u);
    BOOST_TEST(read.expand(1'234'567'890, {}) == "b c d e f g h i j a");
    for (int i = 0; i < 4; ++i) text += text;
    BOOST_TEST(Template::parse(text, problems).count() == UINT64_MAX);
    BOOST_TEST(problems.empty());
}

BOOST_AUTO_TEST_CASE(parts_are_joined_by_one_blank) {
    std::vector<TextProblem> problems;
    auto const part = [&](std::string_view text) { return Template::parse(text, problems); };
    auto const whole =
        Template::joined({part(" photo of "), part(""), part("{a, b} cat"), part("{{empty}}"),
                          Template::literal("--style {raw, plain}")});
    BOOST_TEST(whole.count() == 2);
    BOOST_TEST(whole.expand(1, values) == "photo of b cat --style {raw, plain}");
    BOOST_TEST(whole.variables().size() == 1u);
}

BOOST_AUTO_TEST_CASE(filling_a_text_replaces_variables_and_nothing_else) {
    BOOST_TEST(fill("https://h/{{car}}/{a, b}.png?x={{", values) ==
               "https://h/Ferrari/{a, b}.png?x={{");
    std::vector<TextProblem> problems;
    auto const uses = variables_in("https://h/{{car}}/{a}/{{n|1}}", problems);
    BOOST_TEST(uses.size() == 2u);
    BOOST_TEST(uses[0].offset == 10u);
    BOOST_TEST(uses[1].has_default);
    variables_in("{{a b}}", problems);
    BOOST_TEST(problems.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
