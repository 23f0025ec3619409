// Warnings about prompts: what is told of each, and where.
#include "tests/jobs/support.hpp"

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

BOOST_AUTO_TEST_CASE(oddities_of_prompts_are_warnings_with_a_place) {
    struct Row {
        std::string_view job;
        std::string_view told;
    };
    Row const rows[] = {
        {"prompt: a boat --ar 16:9 --v 6 --chaos 20 --no dogs, cats --tile", ""},
        {"prompt: a boat --ars 16:9",
         "4:20: warning: unknown parameter '--ars', did you mean '--ar'?"},
        {"prompt: a boat -c 20",
         "4:20: warning: '-c' has a single dash, which the service refuses: write '--c'"},
        {"prompt: a well-known boat - in fog, 20 -30 degrees", ""},
        {"prompt: a boat \u2014ar 16:9", "4:20: warning: a long dash before 'ar': write '--ar'"},
        {"prompt: a boat --ar 16x9",
         "4:20: warning: '--ar 16x9' is no ratio of whole numbers such as 16:9"},
        {"prompt: a boat --ar", "4:20: warning: '--ar ' is no ratio of whole numbers such as 16:9"},
        {"prompt: 'a boat --ar {16:9, 1:1}'", ""},
        {"prompt: 'a boat {--ar 16:9, --tile}'", ""},
        {"prompt: a boat --chaos 300", "4:20: warning: '--chaos 300' needs a number from 0 to 100"},
        {"prompt: a boat --iw 2",
         "4:13: warning: '--iw' weighs an image, but there is none: add 'images'"},
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
    for (auto const& row : rows) {
        auto const told = findings(one_job(std::string(row.job)));
        BOOST_TEST_CONTEXT(row.job)
        BOOST_TEST(told == (row.told.empty() ? "" : "a.yaml:" + std::string(row.told) + "\n"));
    }
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
