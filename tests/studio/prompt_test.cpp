// Prompts, split as the service understands them.
#include "runner/studio/tasks/prompt.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::studio;

BOOST_AUTO_TEST_SUITE(prompts)

BOOST_AUTO_TEST_CASE(links_stand_in_front_arguments_at_the_end) {
    auto const parts =
        read_prompt("http://a/1.png  HTTPS://b/2.png the bear\tholds it --ar 16:9 --no fog, rain");
    BOOST_REQUIRE(parts.has_value());
    BOOST_TEST(parts->images == (std::vector<std::string>{"http://a/1.png", "HTTPS://b/2.png"}),
               boost::test_tools::per_element());
    BOOST_TEST(parts->words == "the bear holds it");
    BOOST_TEST(parts->params == (std::vector<std::string>{"--ar 16:9", "--no fog, rain"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_link_among_the_words_is_a_word) {
    auto const parts = read_prompt("see http://a/1.png there");
    BOOST_REQUIRE(parts.has_value());
    BOOST_TEST(parts->images.empty());
    BOOST_TEST(parts->words == "see http://a/1.png there");
}

BOOST_AUTO_TEST_CASE(a_long_dash_counts_as_two) {
    auto const parts = read_prompt("a car on the beach \u2014iw 2");
    BOOST_REQUIRE(parts.has_value());
    BOOST_TEST(parts->params.at(0) == "--iw 2");
}

BOOST_AUTO_TEST_CASE(what_is_taken) {
    for (auto const* prompt : {"a cat", "a cat --v 6", "a cat --niji", "a cat --niji 6 --tile",
                               "a cat --p", "a cat --p abc def", "a cat --seed 4294967295", "a - b",
                               "minus -5 degrees", "a cat --ar 3:2 --chaos 100 --weird 0 --q .5",
                               "a cat --sref http://a/b.png random", "five http words", ""})
        BOOST_TEST(read_prompt(prompt).has_value(), prompt);
}

BOOST_AUTO_TEST_CASE(what_is_refused_and_in_which_words) {
    struct Row {
        char const* prompt;
        char const* message;
    };
    // The first is the article's own sample.
    for (auto const& [prompt, message] : std::initializer_list<Row>{
             {"a cat -c x", "Unrecognized argument(s): `-c`, `x`"},
             {"a cat -q zz --v 6", "Unrecognized argument(s): `-q`, `zz`"},
             {"a cat --tile yes", "Unrecognized argument(s): `yes`"},
             {"a cat --ar 1:1 big --zoom 2", "Unrecognized argument(s): `big`, `--zoom`, `2`"},
             {"a cat --ar", "Missing value for argument --ar"},
             {"a cat --ar wide", "Invalid value for --ar: `wide` is not W:H"},
             {"a cat --ar 0:3", "Invalid value for --ar: `0:3` is not W:H"},
             {"a cat --iw 4", "Invalid value for --iw: `4` is not a number from 0 to 3"},
             {"a cat --s nan", "Invalid value for --s: `nan` is not a number from 0 to 1000"},
             {"http://a http://b http://c http://d http://e http://f x",
              "6 image links in the prompt; at most 5 are taken"}}) {
        auto const parts = read_prompt(prompt);
        BOOST_REQUIRE_MESSAGE(!parts.has_value(), prompt);
        BOOST_TEST(parts.error().status == 400);
        BOOST_TEST(parts.error().code == "bad_request");
        BOOST_TEST(parts.error().message == message);
    }
}

BOOST_AUTO_TEST_SUITE_END()
