// Prompts that come from lists, from many files and from folders, and rows that leave things out.
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

std::string findings_of_files(Folder const& folder, std::string const& text, bool all = false) {
    LoadOptions options;
    options.all = all;
    auto const loaded = load_job_text(text, folder.path("a.yaml"), options);
    std::string lines = lines_of(loaded);
    auto const base = folder.path("");
    for (auto at = lines.find(base); at != lines.npos; at = lines.find(base))
        lines.erase(at, base.size());
    return lines;
}

std::string prompts_of_files(Folder const& folder, std::string const& text) {
    auto const loaded = load_job_text(text, folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    BOOST_TEST(count_items(*loaded.file, {}) == items(*loaded.file).size());
    return prompts(*loaded.file);
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_files)

BOOST_AUTO_TEST_CASE(a_list_of_prompts_is_one_prompt_after_the_other) {
    BOOST_TEST(prompts(load(one_job("prompt: [a fox, \"a {red, blue} hen\", an owl]\n"
                                    "suffix: --v 6"))) ==
               "a fox --v 6\na red hen --v 6\na blue hen --v 6\nan owl --v 6\n");
    BOOST_TEST(prompts(load(one_job("prompts: [a fox, a hen]\nmatrix: {x: [1, 2]}\n"
                                    "prefix: \"{{x}}\""))) ==
               "1 a fox\n1 a hen\n2 a fox\n2 a hen\n");
    BOOST_TEST(prompts(load("version: 1\ndefaults: {prompt: [a, b]}\njobs:\n- {prompt: c}\n- {}\n"
                            "- {prompts: [d]}\n")) == "c\na\nb\nd\n");
    BOOST_TEST(prompts(load(one_job("prompt: [a fox]"))) ==
               prompts(load(one_job("prompt: a fox"))));
    BOOST_TEST(findings(one_job("prompt: []")) ==
               "a.yaml:4:13: error: 'prompt' needs at least one prompt, not an empty list\n");
    BOOST_TEST(findings(one_job("prompt: [a, \"\"]")) == "a.yaml:4:17: error: 'prompt' is empty\n");
    BOOST_TEST(findings(one_job("prompt: [a, \"{{x}}\"]")) ==
               "a.yaml:4:18: error: undefined variable '{{x}}': define it in 'vars' or 'matrix'\n");
    BOOST_TEST(findings(one_job("prompts: [a]\nprompt: b")) ==
               "a.yaml:4:5: error: 'prompt' and a list of 'prompts' together: write one\n");
}

BOOST_AUTO_TEST_CASE(a_list_has_the_keys_of_its_prompts_alone) {
    auto const keys = [](std::string const& text) {
        std::set<std::string> found;
        for (auto const& item : items(load(text)))
            found.insert(darkroom::to_hex(first_step(std::make_shared<Item>(item)).key));
        return found;
    };
    auto const both = keys(one_job("prompts: [a fox, a hen]"));
    BOOST_TEST(both.size() == 2u);
    BOOST_TEST(both.count(*keys(one_job("prompt: a fox")).begin()) == 1u);
    BOOST_TEST(both.count(*keys(one_job("prompt: a hen")).begin()) == 1u);
}

BOOST_AUTO_TEST_CASE(many_files_are_one_table) {
    Folder const folder;
    folder.write("a.csv", "prompt,style\na fox,ink\na hen,\n");
    folder.write("more/b.txt", "an owl\n");
    folder.write("more/c.txt", "a pig\n\na cow\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompts:\n"
                                         "  files: [a.csv, \"more/*.txt\", more/b.txt]\n"
                                         "  prompt: \"{{prompt}}, {{style|oil}}, {{file}}\"")) ==
        "a fox, ink, a\na hen, oil, a\nan owl, oil, b\na pig, oil, c\na cow, oil, c\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: {files: [a.csv, more/c.txt], prompt: "
                                                 "\"{{prompt}} {{style}}\"}")) ==
               "a.csv:3: warning: 'style' is empty in this row: '{{style|text}}' says what stands "
               "in its place, '{{style|}}' that nothing does\n"
               "more/c.txt:1: error: no 'style' in this row\n"
               "more/c.txt:3: error: no 'style' in this row\n");
}

BOOST_AUTO_TEST_CASE(each_file_of_a_folder_is_a_prompt) {
    Folder const folder;
    folder.write("prompts/02.txt", "a hen\n  in\tthe rain \r\n\n");
    folder.write("prompts/01.txt", "a fox");
    folder.write("prompts/03.txt", " \n");
    folder.write("prompts/.hidden.txt", "no");
    folder.write("prompts/notes.md", "no");
    for (int i = 100; i < 200; ++i)
        folder.write("many/" + std::to_string(i) + ".txt", "p" + std::to_string(i));
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: prompts")) ==
               "a fox\na hen in\tthe rain\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {files: [prompts/], prompt: "
                                                "\"{{file}}: {{prompt}}\"}")) ==
               "01: a fox\n02: a hen in\tthe rain\n");
    auto const many = prompts_of_files(folder, one_job("prompts: many"));
    BOOST_TEST(many.starts_with("p100\np101\n"));
    BOOST_TEST(many.ends_with("p198\np199\n"));
}

BOOST_AUTO_TEST_CASE(a_row_without_an_option_leaves_it_out) {
    Folder const folder;
    folder.write("a.csv", "p,seed,ar\na fox,7,\na hen,,16:9\n");
    BOOST_TEST(prompts_of_files(
                   folder, one_job("prompts: {file: a.csv, prompt: \"{{p}}\"}\n"
                                   "params: {seed: \"{{seed}}\", ar: \"{{ar}}\", tile: true}")) ==
               "a fox --seed 7 --tile\na hen --ar 16:9 --tile\n");
    folder.write("b.jsonl", "{\"prompt\": \"a fox\", \"seed\": 7}\n{\"prompt\": \"a hen\"}\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompts: b.jsonl\nparams: {seed: \"{{seed}}\"}")) ==
        "a fox --seed 7\na hen\n");
    BOOST_TEST(
        findings_of_files(folder, one_job("prompts: b.jsonl\nparams: {seed: \"{{sede}}\"}")) ==
        "b.jsonl: error: no row has 'sede'\n");
}

BOOST_AUTO_TEST_CASE(all_wrong_rows_are_counted_and_listed_on_request) {
    Folder const folder;
    std::string text = "a,b\n";
    for (int i = 0; i < 28; ++i) text += "1,2\n1\n";
    folder.write("a.csv", text);
    auto const job = one_job("prompts: {file: a.csv, prompt: \"{{a}}\"}");
    std::string wanted;
    std::string all;
    for (int i = 0; i < 28; ++i) {
        auto const line = "a.csv:" + std::to_string(3 + 2 * i) +
                          ": error: the header names 2 columns, but this row has 1\n";
        if (i < 10) wanted += line;
        all += line;
    }
    wanted += "a.csv:23: error: and 18 more rows: 'darkroom validate --all' lists them\n";
    BOOST_TEST(findings_of_files(folder, job) == wanted);
    BOOST_TEST(findings_of_files(folder, job, true) == all);
}

BOOST_AUTO_TEST_SUITE_END()
