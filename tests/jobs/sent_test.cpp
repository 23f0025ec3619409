// Warnings about prompts that a service refuses or that mean something elsewhere.
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

#include <span>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

struct SentRow {
    std::string_view job;
    std::string_view expected; ///< The only finding, without the file; "" for none.
};

void check_jobs(std::span<SentRow const> rows) {
    for (auto const& row : rows) {
        auto const lines = findings(one_job(std::string(row.job)));
        BOOST_TEST_CONTEXT(row.job)
        BOOST_TEST(lines ==
                   (row.expected.empty() ? "" : "a.yaml:" + std::string(row.expected) + "\n"));
    }
}

/// Returns the findings of a job whose rows are these, without the folder.
std::string findings_of_table(std::string const& rows, std::string const& keys = "",
                              std::string const& name = "t.txt") {
    Folder const folder;
    folder.write(name, rows);
    auto text = lines_of(load_job_text("version: 1\njobs:\n- prompts: " + name + "\n" + keys,
                                       folder.path("a.yaml"), {}));
    auto const path = folder.path("");
    for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
        text.erase(at, path.size());
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sent)

BOOST_AUTO_TEST_CASE(words_stand_before_the_parameters) {
    SentRow const rows[] = {
        {"prompt: 'x --ar 16:9, ink'",
         "4:16: warning: '--ar 16:9,': leave out the ',', parameters have only blanks between "
         "them\na.yaml:4:16: warning: 'ink' is behind '--ar 16:9,': words stand before all "
         "parameters"},
        {"prompt: cat --s 250 in the rain",
         "4:17: warning: 'in' is behind '--s 250': words stand before all parameters"},
        {"prompt: 'pine --tile, tiled'",
         "4:19: warning: '--tile,': leave out the ',', parameters have only blanks between "
         "them\na.yaml:4:19: warning: 'tiled' is behind '--tile,': words stand before all "
         "parameters"},
        {"prompt: fox --ar 3:2 https://h/a.png",
         "4:17: warning: an address behind '--ar 3:2': addresses stand before the words, in "
         "'images'"},
        {"prompt: a fox -- ar 3:2",
         "4:19: warning: '-- ar' has a blank behind the dashes: write '--ar'"},
        {"prompt: 'a fox --ar 16:9, --v 6'",
         "4:20: warning: '--ar 16:9,': leave out the ',', parameters have only blanks between "
         "them"},
        {"prompt: a fox --no", "4:19: warning: '--no' has no words behind it"},
        {"prompt: a fox --no --v 6", "4:19: warning: '--no' has no words behind it"},
        {"prompt: a fox --v 6 --niji 6", "4:25: warning: '--v' and '--niji' name two models"},
        {"prompt: a fox --repeat 4",
         "4:19: warning: '--repeat' is refused: use 'repeat' of the job"},
        {"prompt: a fox\nparams: {r: 4}",
         "5:14: warning: '--r' is refused: use 'repeat' of the job"},
        {"prompt: a fox --turbo",
         "4:19: warning: '--turbo', but the request asks for 'mode: fast': use 'mode' of the job"},
        {"prompt: a fox --fast\nmode: relax",
         "4:19: warning: '--fast', but the request asks for 'mode: relax': use 'mode' of the job"},
        {"prompt: a fox --relax\nmode: relax", ""},
        {"prompt: a fox --sref 12 in ink",
         "4:19: warning: 'in' is behind '--sref 12': words stand before all parameters"},
        {"prompt: a fox --no dogs, cats on it", ""},
        {"prompt: a fox -- red hair", ""},
        {"prompt: a fox --niji", ""},
    };
    check_jobs(rows);
}

BOOST_AUTO_TEST_CASE(the_text_is_looked_at_as_it_is_sent) {
    SentRow const rows[] = {
        {"prefix: ink --ar 3:2\nprompt: a fox",
         "4:17: warning: 'a' is behind '--ar 3:2': words stand before all parameters"},
        {"prompt: a fox --ar 3:2\nsuffix: in ink",
         "4:19: warning: 'in' is behind '--ar 3:2': words stand before all parameters"},
        {"prompt: 'a {hen, fox --tile} in ink'",
         "4:26: warning: 'in' is behind '--tile': words stand before all parameters"},
        {"prompt: 'a {{a}} in ink'\nmatrix: {a: [hen, fox --tile]}",
         "5:27: warning: 'in' is behind '--tile': words stand before all parameters"},
        {"prompt: 'a fox --ar {{a}}'\nmatrix: {a: ['3:2', '1:1']}", ""},
        {"prompt: 'a fox'\nsuffix: '--ar 3:2'\nparams: {v: 6}", ""},
        {"prompt: a fox\nparams: {no: ''}", "5:14: warning: '--no' has no words behind it"},
    };
    check_jobs(rows);
}

BOOST_AUTO_TEST_CASE(each_prompt_of_a_list_is_looked_at) {
    SentRow const rows[] = {
        {"prompt:\n- a fox\n- a hen --ars 3:2",
         "6:13: warning: unknown parameter '--ars', did you mean '--ar'?"},
        {"prompt: [a fox --v 6, a hen --v 6 --niji 6]",
         "4:39: warning: '--v' and '--niji' name two models"},
        {"prompts: ['a {red, blue} fox --tile', 'a hen --tile, in ink']",
         "4:50: warning: '--tile,': leave out the ',', parameters have only blanks between "
         "them\na.yaml:4:50: warning: 'in' is behind '--tile,': words stand before all "
         "parameters"},
        {"prompt: [a fox, a hen --tile]\nsuffix: '{in ink, in oil}'",
         "4:27: warning: 'in' is behind '--tile': words stand before all parameters"},
        {"prompt: [a fox --iw 1, https://h/a.png a hen --iw 1]",
         "4:20: warning: '--iw' weighs an image, but there is none: add 'images'"},
        {"prompt: [a fox --v 6, a hen --v 6, an owl --niji 6]\nparams: {ar: '3:2'}", ""},
    };
    check_jobs(rows);
    std::string many = "prompt:\n";
    for (int i = 0; i < 500; ++i)
        many += "- fox " + std::to_string(i) + (i == 321 ? " --no\n" : " --v 6\n");
    BOOST_TEST(findings(one_job(many)) ==
               "a.yaml:326:15: warning: '--no' has no words behind it\n");
}

BOOST_AUTO_TEST_CASE(rows_are_looked_at_as_they_are_sent) {
    BOOST_TEST(findings_of_table("a fox\na hen --tile\nan owl\n", "  suffix: in ink\n") ==
               "t.txt:2: warning: 'in' is behind '--tile': words stand before all parameters\n");
    BOOST_TEST(findings_of_table("a,r\na fox,3:2\na hen,\"1:1, ink\"\n",
                                 "  prompt: '{{a}} --ar {{r}}'\n", "t.csv") ==
               "t.csv:3: warning: '--ar 1:1,': leave out the ',', parameters have only blanks "
               "between them\n"
               "t.csv:3: warning: 'ink' is behind '--ar 1:1,': words stand before all "
               "parameters\n");
    BOOST_TEST(findings_of_table("a fox\n\"a hen\"\n", "  prefix: ink --v 6\n") ==
               "t.txt:1: warning: 'a' is behind '--v 6': words stand before all parameters\n"
               "t.txt:2: warning: '\"a' is behind '--v 6': words stand before all parameters\n");
    BOOST_TEST(findings_of_table("a fox --v 6\na hen --v 6 --niji 6\n") ==
               "t.txt:2: warning: '--v' and '--niji' name two models\n");
}

BOOST_AUTO_TEST_CASE(values_of_parameters_are_looked_at_wherever_they_come_from) {
    auto const rows = std::string("prompt,x\na fox,banana\na hen,16:9\nan owl,99999\na cat,\n");
    auto const ratios =
        std::string("t.csv:2: warning: '--ar banana' is not a ratio of whole numbers such as "
                    "16:9\nt.csv:4: warning: '--ar 99999' is not a ratio of whole numbers such as "
                    "16:9\n");
    BOOST_TEST(findings_of_table(rows, "  params: {ar: '{{x}}'}\n", "t.csv") == ratios);
    BOOST_TEST(findings_of_table(rows, "  prompt: '{{prompt}} --ar {{x|1:1}}'\n", "t.csv") ==
               ratios);
    BOOST_TEST(findings_of_table("prompt,x\na fox,250\na hen,abc\nan owl,99\n",
                                 "  params: {s: '{{x}}', v: '{{x}}'}\n", "t.csv") ==
               "t.csv:2: warning: '--v 250': no such version is known\n"
               "t.csv:3: warning: '--s abc' needs a number from 0 to 1000\n"
               "t.csv:3: warning: '--v abc': no such version is known\n"
               "t.csv:4: warning: '--v 99': no such version is known\n");
    SentRow const jobs[] = {
        {"prompt: 'a cat --ar {{x}}'\nvars: {x: banana}",
         "4:20: warning: '--ar banana' is not a ratio of whole numbers such as 16:9"},
        {"prompt: 'a cat --ar {{x}}'\nmatrix: {x: ['1:1', banana]}",
         "4:20: warning: '--ar banana' is not a ratio of whole numbers such as 16:9"},
        {"prompt: 'a cat --ar {banana, 1:1}'",
         "4:20: warning: '--ar banana' is not a ratio of whole numbers such as 16:9"},
        {"prompt: 'a cat --seed {{x}}'\nvars: {x: ''}",
         "4:20: warning: '--seed' has no value behind it"},
        {"prompt: a cat --sref", "4:19: warning: '--sref' has no value behind it"},
        {"prompt: a cat --p --v 7", ""},
        {"prompt: a cat --- a hen", ""},
    };
    check_jobs(jobs);
}

BOOST_AUTO_TEST_CASE(cells_may_be_parameters) {
    BOOST_TEST(findings_of_table("prompt,opt\na fox,--tile\na hen,--chaos 5\nan owl,\na cat,ink\n",
                                 "  prompt: '{{prompt}} --v 6 {{opt|}}'\n", "t.csv") ==
               "t.csv:5: warning: 'ink' is behind '--v 6': words stand before all parameters\n");
    BOOST_TEST(findings_of_table("prompt,ar,more\na fox,1:1,--tile\n",
                                 "  prompt: '{{prompt}} --ar {{ar}} {{more}}'\n", "t.csv") == "");
    BOOST_TEST(findings_of_table("prompt,neg\na fox,\na hen,dogs\n",
                                 "  prompt: '{{prompt}} --no {{neg|}}'\n",
                                 "t.csv") == "t.csv:2: warning: '--no' has no words behind it\n");
    BOOST_TEST(findings_of_table("prompt,m\ncat --turbo,turbo\ncat --turbo,relax\ncat --fast,\n",
                                 "  mode: '{{m}}'\n", "t.csv") ==
               "t.csv:3: warning: '--turbo', but the request asks for 'mode: relax': use 'mode' of "
               "the job\n");
    SentRow const jobs[] = {{"prompt: cat --turbo\nmode: '{{m}}'\nvars: {m: turbo}", ""}};
    check_jobs(jobs);
}

BOOST_AUTO_TEST_CASE(prompts_of_follow_ups_are_looked_at_as_they_are_sent) {
    auto const job = [](std::string const& prompt) {
        return "prompt: a cat\nthen: [{action: variation_region, mask: 'https://h/m.png', prompt: "
               "\"" +
               prompt + "\"}]";
    };
    auto const wrong = job("face --ar 1:1, x --v 6 --niji 6");
    BOOST_TEST(
        findings(one_job(wrong)) ==
        "a.yaml:5:78: warning: '--ar 1:1,': leave out the ',', parameters have only blanks "
        "between them\n"
        "a.yaml:5:78: warning: 'x' is behind '--ar 1:1,': words stand before all parameters\n"
        "a.yaml:5:96: warning: '--v' and '--niji' name two models\n");
    BOOST_TEST(findings(one_job(job("face --ar {{x}} {{y}}") + "\nvars: {x: '1:1', y: --tile}")) ==
               "");
}

BOOST_AUTO_TEST_CASE(prompts_of_follow_ups_are_looked_at_with_their_values) {
    auto const then = std::string("  then: [{action: variation1, prompt: 'hen --ar {{x}}'}]\n");
    BOOST_TEST(findings_of_table("prompt,x\na fox,banana\nowl,1:1\ncat,\n", then, "t.csv") ==
               "t.csv:2: warning: '--ar banana' is not a ratio of whole numbers such as 16:9\n"
               "t.csv:4: warning: '--ar' has no value behind it\n"
               "t.csv:4: warning: 'x' is empty in this row: '{{x|text}}' says what stands in its "
               "place, '{{x|}}' that nothing does\n");
    BOOST_TEST(findings_of_table("prompt,m\na fox,relax\nowl,fast\n",
                                 "  mode: '{{m}}'\n  then: [{action: variation1, prompt: 'hen "
                                 "--fast'}]\n",
                                 "t.csv") ==
               "t.csv:2: warning: '--fast', but the request asks for 'mode: relax': use 'mode' of "
               "the job\n");
    SentRow const jobs[] = {
        {"prompt: a fox\nmatrix: {x: ['1:1', banana]}\nthen: [{action: variation1, prompt: 'hen "
         "--ar "
         "{{x}}'}]",
         "6:5: warning: '--ar banana' is not a ratio of whole numbers such as 16:9"},
        {"prompt: a fox\nmode: turbo\nthen: [{action: variation1, prompt: hen --fast}]",
         "6:5: warning: '--fast', but the request asks for 'mode: turbo': use 'mode' of the job"},
        {"prompt: a fox\nthen: [{action: variation1, mode: relax, prompt: hen --relax}]", ""},
    };
    check_jobs(jobs);
}

BOOST_AUTO_TEST_CASE(names_of_parameters_are_looked_at_wherever_they_come_from) {
    BOOST_TEST(findings_of_table("prompt,n\na,zork\nb,tile\n", "  prompt: '{{prompt}} --{{n}}'\n",
                                 "t.csv") == "t.csv:2: warning: unknown parameter '--zork'\n");
    BOOST_TEST(findings_of_table("prompt,x\nb,\"{3:2, 0:1}\"\n",
                                 "  expand: true\n  params: {ar: '{{x}}'}\n", "t.csv") ==
               "t.csv:2: warning: '--ar 0:1' is not a ratio of whole numbers such as 16:9\n");
    SentRow const jobs[] = {
        {"prompt: 'a --{zork, tile}'", "4:13: warning: unknown parameter '--zork'"},
        {"prompt: a --zork", "4:15: warning: unknown parameter '--zork'"},
        {"prompt: 'a {{x}}'\nvars: {x: --zork}", "5:15: warning: unknown parameter '--zork'"},
    };
    check_jobs(jobs);
}

BOOST_AUTO_TEST_CASE(cells_with_signs_of_a_prompt_are_warned_of) {
    auto const lines = findings_of_table("a {red, blue} hen\n"
                                         "a __colour__ hen\n"
                                         "in ${season=!{a|b}}\n"
                                         "ink, {prompt}\n"
                                         "# a comment\n"
                                         "/imagine prompt: a hen\n"
                                         "a hen - Image #1 @someone\n"
                                         "a hen (fast)\n"
                                         "a {{b}} hen\n");
    std::string_view const expected =
        "t.txt:1: warning: '{red, blue}' is sent as it is: 'expand: true' reads cells as prompts\n"
        "t.txt:2: warning: '__colour__' is sent as it is: 'expand: true' reads cells as prompts\n"
        "t.txt:3: warning: '${season=!{a|b}' is sent as it is: write '{{name}}' in 'prompt' and "
        "define the variable in 'vars' or 'matrix'\n"
        "t.txt:3: warning: '{a|b}' is sent as it is: 'expand: true' reads cells as prompts\n"
        "t.txt:4: warning: '{prompt}' is sent as it is: 'placeholder: \"{prompt}\"' puts the job's "
        "prompt in its place\n"
        "t.txt:5: warning: a text that begins with '#' is no comment here: it is sent\n"
        "t.txt:6: warning: '/imagine' is a command of a chat and is sent as text: leave it out\n"
        "t.txt:7: warning: '- Image #1 @someone' is from a chat or a gallery and is sent as text: "
        "leave it out\n"
        "t.txt:8: warning: '(fast)' at the end is from a chat and is sent as text: leave it out\n"
        "t.txt:9: warning: '{{b}}' is sent as it is: 'expand: true' reads cells as prompts\n";
    BOOST_TEST(lines == expected);
}

BOOST_AUTO_TEST_CASE(variables_with_signs_of_a_prompt_are_warned_of) {
    SentRow const rows[] = {
        {"prompt: '{{a}}'\nvars: {a: 'a {red, blue} hen'}",
         "5:18: warning: '{red, blue}' is sent as it is: a variable is plain text, write this in "
         "'prompt'"},
        {"prompt: '{{a}}'\nmatrix: {a: [x, __colour__]}",
         "5:21: warning: '__colour__' is sent as it is: a variable is plain text, write this in "
         "'prompt'"},
        {"prompt: '/imagine prompt: a hen'",
         "4:14: warning: '/imagine' is a command of a chat and is sent as text: leave it out"},
        {"prompt: '{{a}}'\nvars: {a: '{'}", ""},
        {"prompt: '{{a}}'\nvars: {a: 'costs $5 __ (quick)'}", ""},
    };
    check_jobs(rows);
}

BOOST_AUTO_TEST_CASE(a_hundred_good_prompts_have_no_warning) {
    auto const loaded = load_job_text("version: 1\njobs: [{prompts: well_formed_prompts.txt}]\n",
                                      DARKROOM_SOURCE_DIR "/tests/jobs/a.yaml", {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_TEST_REQUIRE(loaded.file.has_value());
    BOOST_TEST(items(*loaded.file).size() == 100u);
}

BOOST_AUTO_TEST_CASE(strict_makes_every_warning_an_error) {
    auto const text = one_job("prompt: a fox --no");
    BOOST_TEST(findings(text, {{}, true}) == "a.yaml:4:19: error: '--no' has no words behind it\n");
    BOOST_TEST(!load_job_text(text, "a.yaml", {{}, true}).file);
    BOOST_TEST(load_job_text(text, "a.yaml", {}).file.has_value());
    BOOST_TEST(findings(one_job("prompt: a fox"), {{}, true}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
