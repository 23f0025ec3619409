// The prompt language as a table: a text, and the texts that it expands to.
#include "jobs/language/prompt.hpp"
#include "jobs/language/wildcards.hpp"
#include "jobs/plan/drawn_json.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

using namespace darkroom::jobs;

namespace {

Variables const values{{"car", "Ferrari"}, {"odd", "a, {b}"}, {"empty", ""}};

/// "`a`, `b`", or the first problem.
std::string quoted_expansions(std::string_view text) {
    Wildcards wildcards(DARKROOM_SOURCE_DIR "/tests/jobs/wildcards");
    std::vector<TextProblem> problems;
    auto const read = Template::parse(text, problems, &wildcards);
    if (!problems.empty())
        return std::to_string(problems.front().offset) + ": " + problems.front().text;
    std::string all;
    for (std::uint64_t i = 0; i < read.count(); ++i)
        all += (i == 0 ? "`" : ", `") + read.expand(i, values) + '`';
    return all;
}

/// The two columns of the table behind `mark` in docs/prompts.md, a bar in them written `\|`.
std::vector<std::pair<std::string, std::string>> rows_of_page(std::string const& mark) {
    std::ifstream page(DARKROOM_SOURCE_DIR "/docs/prompts.md");
    std::vector<std::pair<std::string, std::string>> rows;
    std::string line;
    while (std::getline(page, line) && line != mark) {
    }
    for (int skipped = 0; skipped < 3; ++skipped) std::getline(page, line); // blank, head, rule
    while (std::getline(page, line) && line.starts_with("| ")) {
        auto const middle = line.find(" | ", 2);
        auto const cell = [&line](std::size_t from, std::size_t end) {
            auto text = line.substr(from, end - from);
            for (auto bar = text.find("\\|"); bar != std::string::npos;
                 bar = text.find("\\|", bar + 1))
                text.erase(bar, 1);
            return text;
        };
        rows.emplace_back(cell(2, middle), cell(middle + 3, line.size() - 2));
    }
    return rows;
}

/// Removes the backticks around it.
std::string_view bare(std::string_view cell) { return cell.substr(1, cell.size() - 2); }

/// Letters in alphabetical order: no two choices make the same text.
std::string random_text(Dice& dice, int depth, int& letter) {
    std::string text;
    for (auto parts = 1 + dice.below(3); parts > 0; --parts) {
        text += "w" + std::to_string(letter++);
        if (depth == 0 || dice.below(2) == 0) continue;
        auto const kind = dice.below(3);
        auto const options = 1 + dice.below(4);
        text += kind == 2 ? "{" + std::to_string(1 + dice.below(options)) + "-$$" : "{";
        for (std::uint64_t option = 0; option < options; ++option) {
            if (option > 0) text += kind == 0 ? ", " : " | ";
            if (kind == 1 && dice.below(2) == 0) text += "0.5::";
            text += random_text(dice, depth - 1, letter);
        }
        text += "}";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prompt_language)

BOOST_AUTO_TEST_CASE(the_examples_of_the_documentation_are_true) {
    auto const rows = rows_of_page("<!-- examples -->");
    BOOST_TEST(rows.size() >= 35u);
    for (auto const& [written, stands_for] : rows) {
        BOOST_TEST_CONTEXT(written) BOOST_TEST(quoted_expansions(bare(written)) == stands_for);
    }
}

BOOST_AUTO_TEST_CASE(what_the_documentation_calls_wrong_is_refused) {
    auto const rows = rows_of_page("<!-- errors -->");
    BOOST_TEST(rows.size() >= 10u);
    for (auto const& [written, expected] : rows) {
        BOOST_TEST_CONTEXT(written) BOOST_TEST(quoted_expansions(bare(written)) == expected);
    }
}

BOOST_AUTO_TEST_CASE(the_labels_of_the_documentation_are_true) {
    auto const rows = rows_of_page("<!-- labels -->");
    BOOST_TEST(rows.size() >= 5u);
    for (auto const& [written, expected] : rows) {
        Wildcards wildcards(DARKROOM_SOURCE_DIR "/tests/jobs/wildcards");
        std::vector<TextProblem> problems;
        auto const read = Template::parse(bare(written), problems, &wildcards);
        std::set<std::string> labels;
        for (std::uint64_t i = 0; i < read.count(); ++i)
            labels.insert(darkroom::json::write(to_json(read.drawn(i, values, {"prompt"}))));
        auto const label = darkroom::json::read(bare(expected));
        BOOST_TEST_CONTEXT(written) BOOST_TEST(labels.contains(darkroom::json::write(*label)));
    }
}

BOOST_AUTO_TEST_CASE(more_texts_stand_for_these_prompts) {
    struct Row {
        std::string_view text;
        std::string_view prompts;
    };
    Row const rows[] = {
        {"", "``"},
        {"  trimmed  ", "`trimmed`"},
        {"a \\n b \\", "`a \\n b \\`"},
        {"{dawn,dusk}--ar 16:9", "`dawn--ar 16:9`, `dusk--ar 16:9`"},
        {"{ {{car}}, b }", "`Ferrari`, `b`"},
        {"{{empty}}", "``"},
        {"{$$a|b}", "1: '$$' is not a pick"},
        {"{1.0000001::a|b}", "1: '1.0000001::' is not a weight"},
        {"{a|b", "0: '{' is never closed"},
        {"{a, {b, c}", "0: '{' is never closed"},
        {"x {{}}", "2: '{{}}' is not a variable"},
        {"{{1st}}", "0: '{{1st}}' is not a variable"},
        {"{{{{{{{{{{{{{{{{{{{{{{{{{{{{a,b", "16: braces nested deeper than 16"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.text)
        BOOST_TEST(quoted_expansions(row.text).substr(0, row.prompts.size()) == row.prompts);
    }
}

BOOST_AUTO_TEST_CASE(whatever_is_written_the_count_is_the_number_of_different_texts) {
    Dice dice(2026);
    std::vector<TextProblem> problems;
    for (int round = 0; round < 400; ++round) {
        int letter = 0;
        auto const text = random_text(dice, 3, letter);
        auto const read = Template::parse(text, problems);
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST_REQUIRE(problems.empty());
            if (read.count() > 20'000) continue;
            std::set<std::string> made;
            for (std::uint64_t i = 0; i < read.count(); ++i) made.insert(read.expand(i, {}));
            BOOST_TEST_REQUIRE(made.size() == read.count());
            std::set<std::uint64_t> drawn;
            for (int i = 0; i < 200; ++i) drawn.insert(read.draw(dice));
            BOOST_TEST_REQUIRE(*drawn.rbegin() < read.count());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_draw_follows_the_weights) {
    std::vector<TextProblem> problems;
    auto const read = Template::parse("{0.1::a | 0.9::{b, c}} {2$$x|8::y|z}", problems);
    BOOST_TEST(read.count() == 9u);
    std::map<std::string, int> seen;
    Dice dice(1);
    for (int i = 0; i < 10'000; ++i) {
        auto const text = read.expand(read.draw(dice), {});
        ++seen[text.substr(0, 1)];
        if (text.find('y') != std::string::npos) ++seen["y"];
    }
    auto const near = [](int count, int expected) { return std::abs(count - expected) < 200; };
    BOOST_TEST(near(seen["a"], 1000));
    BOOST_TEST(near(seen["b"], 4500));
    BOOST_TEST(near(seen["c"], 4500));
    BOOST_TEST(near(seen["y"], 9778)); // 1 - P(x, then z, or z, then x) = 1 - 2/10 * 1/9
}

BOOST_AUTO_TEST_CASE(the_dice_fall_as_their_recipe_says) {
    Dice dice(1234567); // the reference implementation's own figures
    for (auto const expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                4593380528125082431u, 16408922859458223821u})
        BOOST_TEST(dice.next() == expected);
    for (std::uint64_t end : {1ull, 2ull, 3ull, 1ull << 63, (1ull << 63) + 1, UINT64_MAX + 0ull})
        BOOST_TEST(dice.below(end) < end);
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
