// The dataset card.
#include "runner/export/card.hpp"

#include "runner/export/contact_sheet.hpp"
#include "runner/export/split_rule.hpp"
#include "tests/export/fake_source.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::exports;
using namespace darkroom::test;

BOOST_AUTO_TEST_SUITE(card)

BOOST_AUTO_TEST_CASE(it_counts_what_is_in_the_export) {
    Options options;
    options.format = Format::imagefolder;
    options.split = *parse_split("train=0.9,test=0.1");
    CardFacts facts;
    for (int i = 0; i < 3; ++i) {
        Sample sample;
        sample.row = row_of("a | b <x>", static_cast<std::uint64_t>(i));
        sample.row.cost = 26'000;
        sample.row.generated_at = WallTime(std::chrono::hours(24 * (365 + i)));
        sample.split = i == 0 ? "test" : "train";
        sample.file.bytes = 100;
        facts.add(sample);
    }
    auto const text = card_of(facts, options, "x\": y", {"car"});
    for (auto const* part :
         {"---\nlicense: other", "pretty_name: \"x\\\": y\"\n", "- n<1K\n",
          "  - split: train\n    path: \"train/**\"\n  - split: test\n    path: \"test/**\"\n---\n",
          "3 pictures, 300 bytes", "1971-01-01 to 1971-01-03", "0.078", "| test | 1 |",
          "| train | 2 |", "| a \\| b &lt;x&gt; | 3 |", "| v 6 | 3 |", "| png | 3 |",
          "Variables: car.", "read_json_auto", "sha256sum -c"})
        BOOST_TEST(text.find(part) != text.npos, part << "\n" << text);
    BOOST_TEST(card_of(facts, options, "x\": y", {"car"}) == text);
}

BOOST_AUTO_TEST_CASE(a_prompt_names_its_model) {
    struct Row {
        char const* prompt;
        char const* model;
    };
    Row const rows[] = {
        {"a fox", "not named"},
        {"a fox --v 6.1", "v 6.1"},
        {"a fox --version 7 --ar 1:1", "v 7"},
        {"a fox --niji 6", "niji 6"},
        {"a fox --v", "not named"},
        {"", "not named"},
    };
    for (auto const& [prompt, model] : rows) BOOST_TEST(model_of(prompt) == model);
}

BOOST_AUTO_TEST_CASE(a_contact_sheet_escapes_what_it_shows) {
    Sample sample;
    sample.row = row_of("<job>", 3, "upscale1");
    sample.row.root_prompt = "\"><script>alert('x')</script> & \xff";
    sample.name = "a b#車";
    sample.extension = ".png";
    auto const text = figure_of(sample);
    BOOST_TEST(text.find("<script") == text.npos);
    BOOST_TEST(text.find("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)") != text.npos);
    BOOST_TEST(text.find("src=\"./a%20b%23%E8%BB%8A.png\"") != text.npos);
    BOOST_TEST(text.find("&lt;job&gt;/3 upscale1") != text.npos);
}

BOOST_AUTO_TEST_SUITE_END()
