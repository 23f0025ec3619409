// Cells that are prompts and styles, out of tables of every kind.
#include "jobs/table/table.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

#include <set>
#include <string>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// Returns the findings of a job beside the files of a folder, whose path is left out.
std::string findings_in(Folder const& folder, std::string const& job) {
    auto lines = lines_of(load_job_text(one_job(job), folder.path("a.yaml"), {}));
    auto const base = folder.path("");
    for (auto at = lines.find(base); at != lines.npos; at = lines.find(base))
        lines.erase(at, base.size());
    return lines;
}

std::vector<Item> items_in(Folder const& folder, std::string const& job) {
    auto const loaded = load_job_text(one_job(job), folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    auto made = items(*loaded.file);
    BOOST_TEST(count_items(*loaded.file, {}) == made.size());
    return {made.begin(), made.end()};
}

std::string prompts_in(Folder const& folder, std::string const& job) {
    std::string lines;
    for (auto const& item : items_in(folder, job)) lines += item.request.prompt() + '\n';
    return lines;
}

/// Returns "FILE:LINE PROMPT" of each item, sorted.
std::set<std::string> places_in(Folder const& folder, std::string const& job) {
    std::set<std::string> lines;
    for (auto const& item : items_in(folder, job)) {
        auto const file = item.table->shown(item.file).substr(folder.path("").size());
        lines.insert(file + ':' + std::to_string(item.line) + ' ' + item.request.prompt());
    }
    return lines;
}

std::string drawn_in(Folder const& folder, std::string const& job) {
    std::string lines;
    for (auto const& item : items_in(folder, job))
        lines += darkroom::json::write(item.drawn) + '\n';
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_cells)

BOOST_AUTO_TEST_CASE(cells_are_read_after_delimiter_encoding_and_skipping) {
    Folder const folder;
    folder.write("a.csv", "p;n\n{caf\xe9, th\xe9};1\n;2\n  ;3\nx, y;4\n");
    BOOST_TEST(prompts_in(folder, "prompts: {file: a.csv, delimiter: ';', encoding: latin1, "
                                  "skip_empty: true, prompt: \"{{p|}}\"}\n"
                                  "expand: true\nsuffix: no. {{n}}") ==
               "caf\u00e9 no. 1\nth\u00e9 no. 1\nx, y no. 4\n");
    folder.write("b.csv", "p|n\n\xe9 {a|1\n\xe9|2\n");
    BOOST_TEST(findings_in(folder, "prompts: {file: b.csv, delimiter: '|', encoding: latin1, "
                                   "expand: true, prompt: \"{{p}}\"}") ==
               "b.csv:2: error: 'p', byte 4: '{' is never closed: write '\\{' for a plain "
               "brace\n");
}

BOOST_AUTO_TEST_CASE(a_read_cell_that_names_an_empty_one_leaves_a_gap) {
    Folder const folder;
    folder.write("a.csv", "p,c\na {{c}} hen {big|small},red\na {{c}} hen {big|small},\n"
                          "a {{c|}} hen {big|small},\n");
    BOOST_TEST(findings_in(folder, "prompts: {file: a.csv, prompt: \"{{p}}\"}\nexpand: true") ==
               "a.csv:3: warning: 'c' is empty in this row: '{{c|text}}' says what stands in its "
               "place, '{{c|}}' that nothing does\n");
}

BOOST_AUTO_TEST_CASE(a_row_with_choices_may_leave_an_option_out) {
    Folder const folder;
    folder.write("a.jsonl", "{\"prompt\": \"a {big, small} hen\"}\n"
                            "{\"prompt\": \"a {red, blue} fox\", \"seed\": 7}\n");
    BOOST_TEST(prompts_in(folder, "prompts: a.jsonl\nexpand: true\n"
                                  "params: {seed: \"{{seed}}\"}") ==
               "a big hen\na small hen\na red fox --seed 7\na blue fox --seed 7\n");
    folder.write("b.csv", "prompt,seed\na fox,\"{1, 2}\"\na {big| small} hen,\n");
    BOOST_TEST(drawn_in(folder, "prompts: b.csv\nexpand: true\nparams: {seed: \"{{seed}}\"}") ==
               "{\"params.seed.1\":{\"text\":\"1\",\"option\":1}}\n"
               "{\"params.seed.1\":{\"text\":\"2\",\"option\":2}}\n"
               "{\"prompt.1\":{\"text\":\"big\",\"option\":1}}\n"
               "{\"prompt.1\":{\"text\":\"small\",\"option\":2}}\n");
}

BOOST_AUTO_TEST_CASE(columns_with_other_names_are_read_and_labelled) {
    Folder const folder;
    folder.write("a.csv", "Product Name,Tone\n{tea| milk} jug,__tone__\n");
    folder.write("wildcards/tone.txt", "dark\n");
    BOOST_TEST(drawn_in(folder, "prompts: {file: a.csv, columns: {p: Product Name, t: Tone}, "
                                "prompt: \"{{p}} in {{t}} {oak, ash}\"}\nexpand: true\n"
                                "sample: {count: 1, seed: 4}")
                   .find("\"prompt.2\":{\"text\":\"dark\",\"wildcard\":\"tone\",\"line\":1},"
                         "\"prompt.3\":{\"text\":") != std::string::npos);
    folder.write("b.jsonl", "{\"body\": {\"text\": \"a {red, blue} hen\"}}\n");
    BOOST_TEST(drawn_in(folder, "prompts: {file: b.jsonl, columns: {prompt: /body/text}}\n"
                                "expand: true") ==
               "{\"prompt.1\":{\"text\":\"red\",\"option\":1}}\n"
               "{\"prompt.1\":{\"text\":\"blue\",\"option\":2}}\n");
}

BOOST_AUTO_TEST_CASE(styles_of_many_files_have_their_place_for_the_prompt) {
    Folder const folder;
    folder.write("a.csv", "name,prompt\nink,\"ink of {prompt}\"\nnone,\n");
    folder.write("more/b.txt", "{prompt} in oil\n");
    auto const job = std::string("prompts: {files: [a.csv, \"more/*.txt\"], prompt: "
                                 "\"{{prompt|}}; {{file}}\"}\nplaceholder: \"{prompt}\"\n");
    BOOST_TEST(places_in(folder, job + "prompt: a hen") ==
                   (std::set<std::string>{"a.csv:2 ink of a hen; a", "a.csv:3 a hen, ; a",
                                          "more/b.txt:1 a hen in oil; b"}),
               boost::test_tools::per_element());
    BOOST_TEST(prompts_in(folder, "prompts: more\nplaceholder: \"{prompt}\"\n"
                                  "prompt: [a hen, \"a {red, blue} owl\"]") ==
               "a hen in oil\na red owl in oil\na blue owl in oil\n");
    BOOST_TEST(drawn_in(folder, "prompts: more\nplaceholder: \"{prompt}\"\n"
                                "prompt: [a hen, \"a {red, blue} owl\"]") ==
               "{\"prompt.1\":{\"text\":\"a hen\",\"option\":1}}\n"
               "{\"prompt.1\":{\"text\":\"a red owl\",\"option\":2},"
               "\"prompt.1.1\":{\"text\":\"red\",\"option\":1}}\n"
               "{\"prompt.1\":{\"text\":\"a blue owl\",\"option\":2},"
               "\"prompt.1.1\":{\"text\":\"blue\",\"option\":2}}\n");
}

BOOST_AUTO_TEST_CASE(errors_in_read_cells_name_their_file) {
    Folder const folder;
    folder.write("a.txt", "a fox\n");
    folder.write("b.txt", "a hen\n{owl\n");
    BOOST_TEST(findings_in(folder, "prompts: {files: [a.txt, b.txt]}\nexpand: true") ==
               "b.txt:2: error: 'prompt', byte 1: '{' is never closed: write '\\{' for a plain "
               "brace\n");
}

BOOST_AUTO_TEST_CASE(a_sample_counts_only_the_rows_that_stand) {
    Folder const folder;
    folder.write("a.csv", "p,n\n,1\na fox,2\n ,3\n\n,4\na {red| blue} hen,5\nan owl,6\n,7\n");
    auto const rows = std::string("prompts: {file: a.csv, prompt: \"{{p|}}\", skip_empty: true}\n");
    auto const all = std::set<std::string>{"a.csv:3 a fox", "a.csv:7 a blue hen",
                                           "a.csv:7 a red hen", "a.csv:8 an owl"};
    folder.write("plain.csv", "p,n\n,1\na fox,2\n ,3\na hen,4\n,5\n");
    auto const plain =
        std::string("prompts: {file: plain.csv, prompt: \"{{p|}}\", skip_empty: true}\n");
    std::set<std::string> drawn;
    for (int seed = 0; seed < 20; ++seed) {
        auto const draw = ", seed: " + std::to_string(seed) + "}\n";
        BOOST_TEST(places_in(folder, rows + "expand: true\nsample: {count: 4" + draw) == all,
                   boost::test_tools::per_element());
        auto const few = places_in(folder, rows + "expand: true\nsample: {count: 2" + draw);
        BOOST_TEST(few.size() == 2u);
        for (auto const& one : few) BOOST_TEST(all.contains(one));
        drawn.merge(places_in(folder, plain + "sample: {count: 1" + draw));
    }
    BOOST_TEST(drawn == (std::set<std::string>{"plain.csv:3 a fox", "plain.csv:5 a hen"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_sample_of_many_files_knows_the_file_of_each_row) {
    Folder const folder;
    folder.write("a.txt", "a fox\na {red, blue} hen\n");
    folder.write("b.txt", "\nan owl\n");
    auto const job = std::string("prompts: {files: [a.txt, b.txt]}\nsuffix: \"from {{file}}\"\n");
    BOOST_TEST(places_in(folder, job + "expand: true\nsample: {count: 4}") ==
                   (std::set<std::string>{"a.txt:1 a fox from a", "a.txt:2 a blue hen from a",
                                          "a.txt:2 a red hen from a", "b.txt:2 an owl from b"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_row_says_how_often_each_of_its_texts_is_bought) {
    Folder const folder;
    folder.write("a.csv", "p,n\na fox,2\na hen,\n");
    auto const job = std::string("prompts: {file: a.csv, prompt: \"{{p}} in {ink, oil}\"}\n"
                                 "repeat: \"{{n}}\"\n");
    BOOST_TEST(prompts_in(folder, job) == "a fox in ink\na fox in ink\na fox in oil\n"
                                          "a fox in oil\na hen in ink\na hen in oil\n");
    BOOST_TEST(findings_in(folder, job + "expand: true") ==
               "a.yaml:5:13: error: 'repeat' from a variable and 'expand' exclude each other\n");
    BOOST_TEST(findings_in(folder, job + "sample: {count: 1}") ==
               "a.yaml:5:13: error: 'repeat' from a variable and 'sample' exclude each other\n");
}

BOOST_AUTO_TEST_SUITE_END()
