// Cells that are prompts, styles with a placeholder, and what is recorded of each draw.
#include "jobs/table/table.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

#include <set>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// A folder with a table and wildcard files.
class TableFolder {
public:
    TableFolder(std::string const& name, std::string const& rows) {
        folder_.write(name, rows);
        folder_.write("wildcards/colour.txt", "red\n# not this\n0.5::deep blue\n");
        folder_.write("wildcards/swords/long.txt", "a claymore\n");
        folder_.write("wildcards/swords/short.txt", "a dirk\na stiletto\n");
    }

    void write(std::string const& name, std::string const& rows) const {
        folder_.write(name, rows);
    }
    Loaded load_jobs(std::string const& jobs) const {
        return load_job_text("version: 1\njobs:\n" + jobs, folder_.path("a.yaml"), {});
    }
    /// Returns the prompts, or the findings when there are some.
    std::string prompts_of(std::string const& jobs) const {
        auto const loaded = load_jobs(jobs);
        auto lines = lines_of(loaded);
        auto const path = folder_.path("");
        for (auto at = lines.find(path); at != std::string::npos; at = lines.find(path))
            lines.erase(at, path.size());
        return lines.empty() ? prompts(*loaded.file) : lines;
    }

private:
    Folder folder_;
};

std::string drawn_of(std::string const& jobs) {
    TableFolder const folder("t.txt", "a\n");
    auto const loaded = folder.load_jobs(jobs);
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    std::string lines;
    for (auto const& item : items(*loaded.file)) lines += darkroom::json::write(item.drawn) + '\n';
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cells)

BOOST_AUTO_TEST_CASE(cells_are_read_as_prompts_when_that_is_wanted) {
    TableFolder const folder("t.txt", "a {red, blue} hen\nan owl\na __colour__ \\{fox\\}\n");
    BOOST_TEST(folder.prompts_of("- prompts: t.txt\n  expand: true\n  suffix: '{by day, at dusk}'\n"
                                 "  vars: {a: x}\n") ==
               "a red hen by day\na red hen at dusk\na blue hen by day\na blue hen at dusk\n"
               "an owl by day\nan owl at dusk\n"
               "a red {fox} by day\na red {fox} at dusk\n"
               "a deep blue {fox} by day\na deep blue {fox} at dusk\n");
    BOOST_TEST(folder.prompts_of("- prompts: {file: t.txt, expand: true}\n")
                   .starts_with("a red hen\na blue hen\n"));
    TableFolder const variables("t.csv", "a,b\n{{n|1}} {{b}},\"{x, y}\"\n");
    BOOST_TEST(
        variables.prompts_of("- prompts: t.csv\n  expand: true\n  prompt: '{{a}}, {{c}}'\n"
                             "  vars: {c: '3'}\n") ==
        "t.csv:2: warning: '{x, y}' is sent as it is: a cell that another one names is plain "
        "text, name it in 'prompt'\n");
    TableFolder const axis("v.txt", "a {{v}} hen\n");
    BOOST_TEST(axis.prompts_of("- prompts: v.txt\n  expand: true\n  matrix: {v: [m, n]}\n") ==
               "a m hen\na n hen\n");
}

BOOST_AUTO_TEST_CASE(errors_in_cells_have_their_line) {
    TableFolder const folder("t.txt", "fine\nan {owl\n{{who}}\n__none__\n");
    BOOST_TEST(folder.prompts_of("- prompts: t.txt\n  expand: true\n") ==
               "t.txt:2: error: 'prompt', byte 4: '{' is never closed: write '\\{' for a plain "
               "brace\n"
               "t.txt:3: error: undefined variable '{{who}}'\n"
               "t.txt:4: error: 'prompt', byte 1: no wildcard file 'wildcards/none.txt': No such "
               "file or directory\n");
}

BOOST_AUTO_TEST_CASE(variables_in_cells_are_those_of_their_row) {
    auto const job = std::string("- prompts: {files: [a.csv, b.csv]}\n  expand: true\n");
    TableFolder const folder("a.csv", "prompt,tone\na {{tone}} fox,red\na {{tone}} hen,\n");
    folder.write("b.csv", "prompt,size\na {{size}} owl,big\na {{tone}} owl,big\n");
    auto const gap = std::string("a.csv:3: warning: 'tone' is empty in this row: '{{tone|text}}' "
                                 "says what stands in its place, '{{tone|}}' that nothing does\n");
    BOOST_TEST(folder.prompts_of(job) == gap + "b.csv:3: error: undefined variable '{{tone}}'\n");
    folder.write("b.csv", "prompt,size\na {{size}} owl,big\na {{tone|pale}} owl,big\n");
    BOOST_TEST(folder.prompts_of(job) == gap);
    folder.write("a.csv", "prompt,tone\na {{tone}} fox,red\na {{tone|}} hen,\n");
    BOOST_TEST(folder.prompts_of(job) == "a red fox\na  hen\na big owl\na pale owl\n");
    TableFolder const odd("t.jsonl", "{\"prompt\": \"a {{tone}} fox\", \"tone\": \"red\"}\n"
                                     "{\"prompt\": \"a {{tone}} hen\", \"tone\": {\"x\": 1}}\n"
                                     "{\"prompt\": \"a {{tone|}} owl\", \"tone\": [\"x\"]}\n"
                                     "{\"prompt\": \"a {{tone}} eel\"}\n"
                                     "{\"prompt\": \"an elk\", \"tone\": [\"x\"]}\n");
    BOOST_TEST(odd.prompts_of("- {prompts: t.jsonl, expand: true}\n") ==
               "t.jsonl:2: error: 'tone' is an object: a cell is a text, a number, true or false\n"
               "t.jsonl:3: error: 'tone' is a list: a cell is a text, a number, true or false\n"
               "t.jsonl:4: error: undefined variable '{{tone}}'\n");
}

BOOST_AUTO_TEST_CASE(no_text_of_a_row_is_empty) {
    TableFolder const folder("a.csv", "prompt,b\n{|a fox},x\n{a hen|an owl},x\n{b|{|c}},x\n");
    BOOST_TEST(folder.prompts_of("- {prompts: a.csv, expand: true, suffix: in ink}\n") ==
               "a.csv:2: error: text 1 of this row is an empty prompt\n"
               "a.csv:4: error: text 2 of this row is an empty prompt\n");
    folder.write("a.csv", "prompt,b\na fox,an owl\na hen,\n");
    auto const list = std::string("- prompts: {file: a.csv, prompt: ['{{prompt}}', '{{b|}}']}\n");
    BOOST_TEST(folder.prompts_of(list) ==
               "a.csv:3: error: text 2 of this row is an empty prompt\n");
}

BOOST_AUTO_TEST_CASE(a_sample_of_read_cells_draws_each_row_with_equal_chance) {
    std::string rows = "{a, b, c, d, e, f, g, h, i, j} {1, 2, 3, 4, 5, 6, 7, 8, 9, 0}\n";
    for (int i = 0; i < 99; ++i) rows += "row" + std::to_string(i) + '\n';
    TableFolder const folder("t.txt", rows);
    auto const few = folder.prompts_of("- prompts: t.txt\n  expand: true\n"
                                       "  sample: {count: 40, seed: 3}\n");
    auto const many = folder.prompts_of("- prompts: t.txt\n  expand: true\n"
                                        "  sample: {count: 199, seed: 3}\n");
    auto const all = folder.prompts_of("- prompts: t.txt\n  expand: true\n");
    BOOST_TEST(many.starts_with(few));
    auto const count = [](std::string const& text, std::string const& sign) {
        std::size_t found = 0;
        for (auto at = text.find(sign); at != std::string::npos; at = text.find(sign, at + 1))
            ++found;
        return found;
    };
    BOOST_TEST(count(few, "row") > 30u); // one of a hundred rows has half of the texts
    BOOST_TEST(count(many, "\n") == 199u);
    BOOST_TEST(count(all, "\n") == 199u);
    auto const lines = [](std::string const& text) {
        std::set<std::string> set;
        for (std::size_t from = 0; from < text.size();) {
            auto const end = text.find('\n', from);
            set.insert(text.substr(from, end - from));
            from = end + 1;
        }
        return set;
    };
    BOOST_TEST(lines(many) == lines(all), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_placeholder_is_where_the_prompt_goes) {
    TableFolder const folder("styles.csv", "name,prompt,negative_prompt\n"
                                           "ink,\"ink drawing of {prompt}, {prompt}\",colour\n"
                                           "none,film still,\n");
    BOOST_TEST(folder.prompts_of("- prompts: styles.csv\n  placeholder: '{prompt}'\n"
                                 "  prompt: 'a {red, blue} hen'\n  params: {ar: '3:2'}\n") ==
               "ink drawing of a red hen, a red hen --ar 3:2\n"
               "ink drawing of a blue hen, a blue hen --ar 3:2\n"
               "a red hen, film still --ar 3:2\n"
               "a blue hen, film still --ar 3:2\n");
    BOOST_TEST(folder.prompts_of("- prompts: {file: styles.csv, prompt: '{{prompt}}; {{name}}'}\n"
                                 "  placeholder: '{prompt}'\n  prompt: a hen\n") ==
               "ink drawing of a hen, a hen; ink\na hen, film still; none\n");
    TableFolder const both("t.txt", "{ink, oil} of {prompt}\n");
    BOOST_TEST(both.prompts_of("- prompts: t.txt\n  placeholder: '{prompt}'\n  expand: true\n"
                               "  prompt: a hen\n") == "ink of a hen\noil of a hen\n");
    BOOST_TEST(folder.prompts_of("- prompt: a hen\n  placeholder: '{prompt}'\n") ==
               "a.yaml:4:16: error: 'placeholder' is for the rows of a table: name one in "
               "'prompts'\n");
    BOOST_TEST(folder.prompts_of("- prompts: styles.csv\n  placeholder: '{prompt}'\n") ==
               "a.yaml:4:16: error: 'placeholder' is where the job's 'prompt' goes in each row, "
               "and the job has none\n");
    BOOST_TEST(folder.prompts_of("- prompt: a hen\n  expand: true\n") ==
               "a.yaml:4:3: error: 'expand' is for the rows of a table: name one in 'prompts'\n");
}

BOOST_AUTO_TEST_CASE(the_choices_of_each_item_are_recorded) {
    BOOST_TEST(drawn_of("- prompt: a hen\n") == "null\n");
    BOOST_TEST(drawn_of("- prompt: '{0.9::a | {b, c} d}'\n  params: {ar: '{1:1, 3:2}'}\n"
                        "  sample: {count: 1, seed: 1}\n")
                   .find(R"("params.ar.1":{"text":)") != std::string::npos);
    BOOST_TEST(drawn_of("- prompt: '{0.9::a | {b, c} d}'\n") ==
               R"({"prompt.1":{"text":"a","option":1,"weight":0.9}})"
               "\n"
               R"({"prompt.1":{"text":"b d","option":2},"prompt.1.1":{"text":"b","option":1}})"
               "\n"
               R"({"prompt.1":{"text":"c d","option":2},"prompt.1.1":{"text":"c","option":2}})"
               "\n");
    BOOST_TEST(drawn_of("- prompt: x __colour__\n  suffix: '{1$$a}'\n") ==
               R"({"prompt.1":{"text":"red","wildcard":"colour","line":1},)"
               R"("suffix.1":{"text":"a","option":1}})"
               "\n"
               R"({"prompt.1":{"text":"deep blue","wildcard":"colour","line":3,"weight":0.5},)"
               R"("suffix.1":{"text":"a","option":1}})"
               "\n");
    BOOST_TEST(drawn_of("- prompt: '__swords/*__, {2$$x|y|z}'\n").substr(0, 132) ==
               R"({"prompt.1":{"text":"a claymore","wildcard":"swords/long","line":1},)"
               R"("prompt.2":{"text":"x, y","options":[1,2]}})"
               "\n"
               R"({"prompt.1":{"text":)");
    BOOST_TEST(drawn_of("- prompt: '{2$$__colour__}'\n") ==
               R"({"prompt.1":{"text":"red, deep blue","wildcard":"colour","lines":[1,3]}})"
               "\n");
}

BOOST_AUTO_TEST_CASE(a_row_is_known_to_its_items) {
    TableFolder const folder("t.csv", "prompt\n\na hen\na fox\n");
    auto const loaded = folder.load_jobs("- prompts: t.csv\n  sample: {count: 2}\n");
    BOOST_REQUIRE(loaded.file.has_value());
    for (auto const& item : items(*loaded.file)) {
        BOOST_TEST_REQUIRE(item.table != nullptr);
        BOOST_TEST(item.table->shown().ends_with("t.csv"));
        BOOST_TEST(item.line == (item.request.prompt() == "a hen" ? 3u : 4u));
    }
}

BOOST_AUTO_TEST_SUITE_END()
