// Captions of pictures.
#include "runner/engine/caption.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::engine;

BOOST_AUTO_TEST_SUITE(caption)

BOOST_AUTO_TEST_CASE(a_text_has_neither_addresses_nor_parameters) {
    struct Row {
        char const* prompt;
        char const* text;
    };
    Row const rows[] = {
        {"a fox", "a fox"},
        {"a fox --ar 16:9 --v 6", "a fox"},
        {"https://x.org/a.png a fox, running --no red fur, snow", "a fox, running"},
        {"http://x.org/a.png  HTTPS://x.org/b.png\na fox", "a fox"},
        {"https://x.org/a.png https://x.org/b.png --v 6", ""},
        {"--v 6", ""},
        {"", ""},
        {"a fox -- at night - far--away", "a fox -- at night - far--away"},
        {"a sign that says https://x.org", "a sign that says https://x.org"},
        {"a  fox,\n a hen\t--tile", "a  fox,\n a hen"},
        {"雨 --ar 1:1", "雨"},
    };
    for (auto const& [prompt, text] : rows) BOOST_TEST(text_of_prompt(prompt) == text);
}

BOOST_AUTO_TEST_SUITE_END()
