// Warnings about prompts, and their places.
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

#include <span>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// Returns the findings of a job whose prompts are in this table.
std::string findings_of_rows(std::string const& name, std::string const& rows,
                             std::string const& prompt) {
    Folder const folder;
    folder.write(name, rows);
    auto text = "version: 1\njobs: [{prompts: {file: " + name;
    if (!prompt.empty()) text += ", prompt: '" + prompt + "'";
    auto const lines = lines_of(load_job_text(text + "}}]\n", folder.path("a.yaml"), {}));
    auto const path = folder.path("");
    std::string shown = lines;
    for (auto at = shown.find(path); at != std::string::npos; at = shown.find(path))
        shown.erase(at, path.size());
    return shown;
}

struct LintRow {
    std::string_view job;
    std::string_view expected;
};

void check(std::span<LintRow const> rows) {
    for (auto const& row : rows) {
        auto const lines = findings(one_job(std::string(row.job)));
        BOOST_TEST_CONTEXT(row.job)
        BOOST_TEST(lines ==
                   (row.expected.empty() ? "" : "a.yaml:" + std::string(row.expected) + "\n"));
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(likely_mistakes_in_prompts_are_warnings_with_a_place) {
    LintRow const rows[] = {
        {"prompt: a boat --ar 16:9 --v 6 --chaos 20 --no dogs, cats --tile", ""},
        {"prompt: a boat --ars 16:9",
         "4:20: warning: unknown parameter '--ars', did you mean '--ar'?"},
        {"prompt: a boat -c 20",
         "4:20: warning: '-c' has a single dash, which the service refuses: write '--c'"},
        {"prompt: a well-known boat - in fog, 20 -30 degrees", ""},
        {"prompt: a boat \u2014ar 16:9", "4:20: warning: a long dash before 'ar': write '--ar'"},
        {"prompt: a boat --ar 16x9",
         "4:20: warning: '--ar 16x9' is not a ratio of whole numbers such as 16:9"},
        {"prompt: a boat --ar", "4:20: warning: '--ar' has no value behind it"},
        {"prompt: 'a boat --ar {16:9, 1:1}'", ""},
        {"prompt: 'a boat {--ar 16:9, --tile}'", ""},
        {"prompt: a boat --chaos 300", "4:20: warning: '--chaos 300' needs a number from 0 to 100"},
        {"prompt: a boat --iw 2",
         "4:20: warning: '--iw' weighs an image, but there is none: add 'images'"},
        {"prompt: a boat\nimages: [https://h/a.png]\nparams: {iw: 2}", ""},
        {"prompt: https://h/a.png a boat --iw 2", ""},
        {"prompt: a boat\nparams: {iw: 2}",
         "5:14: warning: '--iw' weighs an image, but there is none: add 'images'"},
        {"prompt: a boat\nparams: {stylise: 2}",
         "5:14: warning: unknown parameter '--stylise', did you mean '--stylize'?"},
        {"prompt: a boat --ar 1:1\nparams: {ar: '3:2'}", "5:14: warning: '--ar' is given twice"},
        {"prompt: a boat\nparams: {ar: '3:2'}\nimages: ['https://h/a.html?x=1']",
         "6:14: warning: this looks like a page, not an image: give the address of the image "
         "itself"},
        {"prompt: a boat\nmatrix: {car: [F, L]}", "5:14: warning: '{{car}}' is used nowhere: its "
                                                  "values all ask for the same image, which is "
                                                  "made once"},
    };
    check(rows);
}

BOOST_AUTO_TEST_CASE(parameters_of_other_versions_and_in_other_texts_are_warned_of) {
    LintRow const rows[] = {
        {"prompt: a boat --v 6 --cref https://h/a.png --cw 50 --sref 123", ""},
        {"prompt: a boat --cref https://h/a.png --v 7",
         "4:20: warning: '--cref' is not for version 7, which ignores or refuses it"},
        {"prompt: a boat --oref https://h/a.png\nparams: {v: 6.1}",
         "4:20: warning: '--oref' is not for version 6.1, which ignores or refuses it"},
        {"prompt: a boat\nparams: {niji: 6, draft: true}",
         "5:23: warning: '--draft' is not for version niji6, which ignores or refuses it"},
        {"prompt: a boat --v 7.0 --draft --exp 20", ""},
        {"prompt: a boat --stop 50 --v {6, 7}", ""},
        {"prompt: a boat --stop 50 --niji", ""},
        {"prompt: a boat --v 6.7", "4:20: warning: '--v 6.7': no such version is known"},
        {"prompt: 'a {red --tile | blue}'", ""},
        {"prompt: 'a boat {--v 6, --v 7} {--ar 1:1 | --ar 3:2 --oref https://h/a.png}'", ""},
        {"prompt: 'a boat {--ar 1:1, --ar 3:2} --ar 16:9'", "4:42: warning: '--ar' is given twice"},
        {"prompt: 'a boat --ar 16:9 {--ar 1:1, --tile}'", "4:32: warning: '--ar' is given twice"},
        {"prompt: 'a boat \\{ --ar 1:1 --ar 3:2'", "4:33: warning: '--ar' is given twice"},
        {"prompt: '{{a}}'\nvars: {a: boat -c 20}",
         "5:20: warning: '-c' has a single dash, which the service refuses: write '--c'"},
        {"prompt: '{{a}}'\nmatrix: {a: [boat, ship --ars 3:2]}",
         "5:29: warning: unknown parameter '--ars', did you mean '--ar'?"},
        {"prompt: a\nthen: [{action: variation_region, mask: 'https://h/m.png', prompt: b -c 2}]",
         "5:74: warning: '-c' has a single dash, which the service refuses: write '--c'"},
        {"prompt: https://www.midjourney.com/jobs/1-2-3 a boat",
         "4:13: warning: this looks like a page, not an image: give the address of the image "
         "itself"},
        {"prompt: a\nimages: ['https://github.com/a/b/blob/main/x.png']",
         "5:14: warning: this looks like a page, not an image: give the address of the image "
         "itself"},
        {"prompt: a\nimages: ['https://images.unsplash.com/photos/x.png']", ""},
        {"prompt: a {b, c}\nsample: {count: 9}", "3:5: warning: the sample takes all 2 there are"},
        {"prompt: a boat\nmatrix: {n: ['1', '2']}\nimages: ['https://h/{{n}}.png']", ""},
    };
    check(rows);
}

BOOST_AUTO_TEST_CASE(a_prompt_that_is_too_long_is_a_warning) {
    std::string const words(6001, 'a');
    BOOST_TEST(findings(one_job("prompt: " + words.substr(1))) == "");
    BOOST_TEST(findings(one_job("prompt: " + words)) ==
               "a.yaml:4:13: warning: the prompt has 6001 characters; more than 6000 are cut or "
               "refused\n");
    BOOST_TEST(findings(one_job("prompt: a {{x}}\nvars: {x: " + words + "}")) != "");
}

BOOST_AUTO_TEST_CASE(defaults_are_linted_once_however_many_jobs_there_are) {
    BOOST_TEST(findings("version: 1\ndefaults: {params: {arr: 1}}\n"
                        "jobs: [{prompt: a}, {prompt: b}]\n") ==
               "a.yaml:2:21: warning: unknown parameter '--arr', did you mean '--ar'?\n");
}

BOOST_AUTO_TEST_CASE(warnings_about_rows_have_their_lines) {
    BOOST_TEST(
        findings_of_rows("t.txt", "a boat\na boat -c 50\n\na boat --ars 3:2 --v 7 --iw 1\n", "") ==
        "t.txt:2: warning: '-c' has a single dash, which the service refuses: write '--c'\n"
        "t.txt:4: warning: unknown parameter '--ars', did you mean '--ar'?\n");
    BOOST_TEST(findings_of_rows("t.csv",
                                "a,b,c\nx,\"y, --ar 3\",-c 5\n"
                                "https://unsplash.com/photos/x y,-20 well-known - e-g,\n",
                                "{{a}} {{b|}}") ==
               "t.csv:2: warning: '--ar 3' is not a ratio of whole numbers such as 16:9\n"
               "t.csv:3: warning: this looks like a page, not an image: give the address of the "
               "image itself\n");
}

BOOST_AUTO_TEST_CASE(a_missing_cell_is_warned_of) {
    BOOST_TEST(findings_of_rows("t.csv", "a,b\nx,\n,y\nx,y\n", "{{a|z}} by {{b}}") ==
               "t.csv:2: warning: 'b' is empty in this row: '{{b|text}}' says what stands in its "
               "place, '{{b|}}' that nothing does\n");
    BOOST_TEST(findings_of_rows("t.csv", "a,b,c\nx,,z\n", "{{a}} by {{b|}}") == "");
}

BOOST_AUTO_TEST_CASE(warnings_about_wildcard_files_are_given_once_at_their_lines) {
    Folder const folder;
    folder.write("wildcards/light.txt", "# light\ndusk\n\n  dawn -c 5\n{noon, __sky__}\n");
    folder.write("wildcards/sky.txt", "clouds --arr 3:2\n");
    auto const text = "version: 1\njobs:\n- prompt: a boat at __light__\n"
                      "- prompt: a car at __light__\n";
    auto const path = folder.path("");
    BOOST_TEST(
        lines_of(load_job_text(text, folder.path("a.yaml"), {})) ==
        path + "wildcards/sky.txt:1: warning: unknown parameter '--arr', did you mean '--ar'?\n" +
            path +
            "wildcards/light.txt:4: warning: '-c' has a single dash, which the service "
            "refuses: write '--c'\n");
    std::string many;
    for (int i = 0; i < 500; ++i) many += i % 2 == 0 ? "dusk\n" : "dawn -c 50\n";
    folder.write("wildcards/light.txt", many);
    auto const lines = lines_of(load_job_text(text, folder.path("a.yaml"), {}));
    BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 11);
    BOOST_TEST(lines.ends_with("light.txt:22: warning: and 240 more lines with warnings like "
                               "these: 'darkroom validate --all' lists them\n"));
}

BOOST_AUTO_TEST_CASE(warnings_about_many_rows_stop_after_ten) {
    std::string rows;
    for (int i = 0; i < 500; ++i) rows += i % 2 == 0 ? "a boat\n" : "a boat -c 50\n";
    auto const lines = findings_of_rows("t.txt", rows, "");
    BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 11);
    BOOST_TEST(lines.ends_with(
        "t.txt:22: warning: and 240 more rows with warnings like these: 'darkroom validate --all' "
        "lists them\n"));
    rows += "a boat --ar 16:9 in the rain\na __x__ boat\n"; // other kinds are shown all the same
    auto const kinds = findings_of_rows("t.txt", rows, "");
    BOOST_TEST(kinds.find("t.txt:501: warning: 'in' is behind '--ar 16:9'") != std::string::npos,
               kinds);
    BOOST_TEST(kinds.find("t.txt:502: warning: '__x__' is sent as it is") != std::string::npos,
               kinds);
}

BOOST_AUTO_TEST_CASE(a_variable_of_the_layout_that_no_job_has_leaves_a_gap) {
    auto const named = [](std::string const& name, std::string const& job) {
        return findings("version: 1\noutput: {layout: 'a/{variable:" + name + "}{key}'}\njobs: [" +
                        job + ", {prompt: b}]\n");
    };
    std::string const job = "{prompt: '{{car}} {{city}}', vars: {car: a}, matrix: {city: [x, y]}}";
    BOOST_TEST(named("car", job) == "");
    BOOST_TEST(named("city", job) == "");
    BOOST_TEST(named("cra", job) ==
               "a.yaml:2:21: warning: 'layout': no job has a variable 'cra', which leaves a "
               "gap in the names of the files, did you mean 'car'?\n");
    auto const in_table = [](std::string const& name, std::string const& rows) {
        Folder const folder;
        folder.write(name, rows);
        auto const text =
            "version: 1\noutput: {layout: '{variable:b}'}\njobs: [{prompts: {file: " + name +
            "}, prompt: '{{a}}'}]\n";
        return load_job_text(text, folder.path("a.yaml"), {}).findings.size();
    };
    BOOST_TEST(in_table("t.csv", "a,b\nx,y\n") == 0u);
    BOOST_TEST(in_table("t.csv", "a\nx\n") == 1u);
    BOOST_TEST(in_table("t.jsonl", "{\"a\": \"x\"}\n") == 0u); // any row may have it
}
