// Jobs and steps of the service's other endpoints.
#include "jobs/plan/estimate.hpp"
#include "tests/jobs/support.hpp"

#include "runner/base/json.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// Returns "endpoint body" of every step, those below an image after it.
std::string requests(std::string const& keys) {
    std::string lines;
    auto const add = [&lines](Step const& step, auto const& add_below) -> void {
        lines += step.request.endpoint + ' ' + json::write(step.request.body) + '\n';
        for (auto const& below : steps_below(step)) add_below(below, add_below);
    };
    for (auto const& item : items(load(one_job(keys))))
        add(first_step(std::make_shared<Item const>(item)), add);
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(kinds)

BOOST_AUTO_TEST_CASE(each_kind_sends_the_body_of_its_endpoint) {
    BOOST_TEST(requests("kind: describe\nimages: [\"http://h/{{n}}.png\"]\nmatrix: {n: [1, 2]}") ==
               "/midjourney/describe {\"image_url\":\"http://h/1.png\"}\n"
               "/midjourney/describe {\"image_url\":\"http://h/2.png\"}\n");
    BOOST_TEST(requests("kind: shorten\nprompt: a long {road, river} --ar 3:2") ==
               "/midjourney/shorten {\"prompt\":\"a long road --ar 3:2\"}\n"
               "/midjourney/shorten {\"prompt\":\"a long river --ar 3:2\"}\n");
    BOOST_TEST(requests("kind: translate\nprompt: rain") ==
               "/midjourney/translate {\"content\":\"rain\"}\n");
    BOOST_TEST(requests("kind: edit\nimages: [http://h/a]\nprompt: red\nmask: aGk=\nsuffix: --v 6\n"
                        "then: [seed]") ==
               "/midjourney/edits {\"image_url\":\"http://h/a\",\"prompt\":\"red --v 6\","
               "\"action\":\"generate\",\"mode\":\"fast\",\"mask\":\"aGk=\"}\n"
               "/midjourney/seed {}\n");
    BOOST_TEST(requests("kind: video\nimages: [http://h/a]\nloop: true\nresolution: 480p") ==
               "/midjourney/videos {\"image_url\":\"http://h/a\",\"action\":\"generate\","
               "\"mode\":\"fast\",\"resolution\":\"480p\",\"loop\":true}\n");
    BOOST_TEST(requests("kind: imagine\nprompt: rain") == requests("prompt: rain"));
}

BOOST_AUTO_TEST_CASE(addresses_among_the_fields_take_variables_as_images_do) {
    BOOST_TEST(requests("kind: edit\nimages: [http://h/a]\nprompt: red\n"
                        "mask: \"http://h/{{n}}.png\"\nmatrix: {n: [1, 2]}") ==
               "/midjourney/edits {\"image_url\":\"http://h/a\",\"prompt\":\"red\","
               "\"action\":\"generate\",\"mode\":\"fast\",\"mask\":\"http://h/1.png\"}\n"
               "/midjourney/edits {\"image_url\":\"http://h/a\",\"prompt\":\"red\","
               "\"action\":\"generate\",\"mode\":\"fast\",\"mask\":\"http://h/2.png\"}\n");
    BOOST_TEST(requests("kind: video\nimages: [http://h/a]\nend_image_url: \"{{to}}\"\n"
                        "vars: {to: 'http://h/b.png'}") ==
               "/midjourney/videos {\"image_url\":\"http://h/a\",\"action\":\"generate\","
               "\"mode\":\"fast\",\"end_image_url\":\"http://h/b.png\"}\n");
    BOOST_TEST(requests("prompt: a {{n}}\nmatrix: {n: [1]}\nthen:\n  - action: variation_region\n"
                        "    mask: \"http://h/{{n}}.png\"") ==
               "/midjourney/imagine {\"prompt\":\"a 1\",\"action\":\"generate\","
               "\"mode\":\"fast\"}\n"
               "/midjourney/imagine {\"action\":\"variation_region\",\"mode\":\"fast\","
               "\"mask\":\"http://h/1.png\"}\n");
}

BOOST_AUTO_TEST_CASE(errors_in_the_variables_of_an_address_are_reported) {
    struct Row {
        char const* job;
        char const* part;
    };
    for (auto const& [job, part] : {
             Row{"kind: edit\nimages: [http://h/a]\nprompt: red\nmask: \"http://h/{{x}}.png\"",
                 "undefined variable '{{x}}'"},
             Row{"kind: edit\nimages: [http://h/a]\nprompt: red\nmask: \"{{x}}\"\n"
                 "vars: {x: 'ftp://h/a'}",
                 "is not an http(s) address"},
             Row{"kind: edit\nimages: [http://h/a]\nprompt: red\nmask: \"masks/{{x}}.png\"\n"
                 "vars: {x: a}",
                 "variables are for addresses"},
             Row{"prompt: a\nthen:\n  - action: variation_region\n"
                 "    mask: \"http://h/{{x}}.png\"",
                 "undefined variable '{{x}}'"},
         }) {
        auto const text = findings(one_job(job));
        BOOST_TEST(text.find(part) != text.npos, text);
    }
}

BOOST_AUTO_TEST_CASE(texts_follow_any_image_with_nothing_of_its_request) {
    BOOST_TEST(requests("prompt: a\nmode: relax\nthen:\n  - seed\n  - action: upscale1\n"
                        "    then: [describe]") ==
               "/midjourney/imagine {\"prompt\":\"a\",\"action\":\"generate\",\"mode\":\"relax\"}\n"
               "/midjourney/seed {}\n"
               "/midjourney/imagine {\"action\":\"upscale1\",\"mode\":\"relax\"}\n"
               "/midjourney/describe {}\n");
}

BOOST_AUTO_TEST_CASE(a_video_follows_an_image_with_fields_of_its_own) {
    auto const sent = requests("prompt: a\nmode: relax\nthen:\n  - action: video\n"
                               "    prompt: it turns\n    loop: true");
    BOOST_TEST(
        sent.substr(sent.find('\n') + 1) ==
        "/midjourney/videos {\"action\":\"generate\",\"loop\":true,\"prompt\":\"it turns\"}\n");
}

BOOST_AUTO_TEST_CASE(what_the_defaults_say_of_pictures_is_not_for_texts) {
    auto const file = load("version: 1\n"
                           "defaults: {suffix: --v 6, params: {ar: \"3:2\"}, mode: turbo, hd: true,"
                           " then: [upscale1], download: false}\n"
                           "jobs:\n  - {kind: shorten, prompt: a long road}\n");
    auto const item = items(file).at(0);
    BOOST_TEST(json::write(item.request.body) == R"({"prompt":"a long road"})");
    BOOST_TEST(item.then->empty());
    BOOST_TEST(item.download);
}

BOOST_AUTO_TEST_CASE(a_text_is_no_image_that_follows) {
    auto const file = load("version: 1\noutput: {images: leaves}\njobs:\n"
                           "  - {prompt: a, then: [describe, seed]}\n"
                           "  - {prompt: a, then: [describe, {action: upscale1}]}\n");
    auto const made = items(file);
    BOOST_TEST(made.at(0).download);
    BOOST_TEST(!made.at(1).download);
}

BOOST_AUTO_TEST_CASE(texts_are_counted_and_priced_and_are_files_only_when_asked) {
    for (bool const as_files : {false, true}) {
        auto const file =
            load("version: 1\nprices: {describe: 0.005, translate: 0.001}\noutput: {texts: " +
                 std::string(as_files ? "files" : "manifest") +
                 "}\njobs:\n  - {prompt: a, then: [describe]}\n"
                 "  - {kind: translate, prompt: \"{b, c}\"}\n");
        auto const sum = estimate(file, {});
        BOOST_TEST(sum.steps.expected == 4u);
        BOOST_TEST(sum.cost.expected == 26'000u + 5'000u + 2 * 1'000u);
        BOOST_TEST(sum.images.expected == (as_files ? 4u : 1u));
    }
}

BOOST_AUTO_TEST_CASE(a_row_of_a_table_is_an_image_to_describe) {
    auto const text = findings(one_job("kind: describe\nimages: [ftp://h/a]"));
    BOOST_TEST(text.find("is not an http(s) address") != text.npos);
}

BOOST_AUTO_TEST_SUITE_END()
