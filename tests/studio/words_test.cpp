// The rules that replace a language model.
#include "runner/studio/tasks/words.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace darkroom::studio;

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(known_chinese_becomes_english_the_longest_word_first) {
    struct Row {
        char const* chinese;
        char const* english;
        std::size_t left;
    };
    for (auto const& [chinese, english, left] : std::vector<Row>{
             {"雨后的小巷", "after the rain alley", 0},
             {"一只猫在桌子上 --ar 16:9", "a cat in table on --ar 16:9", 0},
             {"猫鼬", "cat 鼬", 1},
             {"a plain prompt --v 6", "a plain prompt --v 6", 0},
             {"", "", 0},
         }) {
        auto const translated = translate(chinese);
        BOOST_TEST(translated.text == english);
        BOOST_TEST(translated.left == left);
    }
}

BOOST_AUTO_TEST_CASE(a_prompt_gets_shorter_by_the_stated_rule) {
    auto const prompts =
        shorten("a very long and careful description of a mountain hut in the snow --ar 16:9");
    std::vector<std::string> const expected{
        "long careful description mountain hut snow --ar 16:9",
        "long careful description mountain snow --ar 16:9",
        "careful description mountain",
        "description mountain",
    };
    BOOST_TEST(prompts == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_offered_twice_and_nothing_empty) {
    BOOST_TEST(shorten("cat").size() == 1u);
    BOOST_TEST(shorten("the the of").empty());
    BOOST_TEST(shorten("Cat, cat. CAT!").front() == "cat");
}

BOOST_AUTO_TEST_SUITE_END()
