// Texts that services give back in another spelling.
#include "runner/base/normal_text.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom {

BOOST_AUTO_TEST_CASE(a_text_is_written_in_its_one_normal_way) {
    struct Row {
        char const* text;
        char const* normal;
    };
    Row const rows[] = {
        {"a red boat", "a red boat"},
        {"", ""},
        {"  a   red\tboat\r\n", "a red boat"},
        {"a\xC2\xA0red\xE2\x80\xA8"
         "boat",
         "a red boat"},
        {"a boat \xE2\x80\x94v 6", "a boat --v 6"},
        {"a boat \xE2\x80\x93v 6", "a boat --v 6"},
        {"a boat --v 6", "a boat --v 6"},
        {"cafe\xCC\x81", "caf\xC3\xA9"},
        {"caf\xC3\xA9", "caf\xC3\xA9"},
        {"salt &amp; pepper &lt;3 &quot;x&quot; &#39;y&#x27;", "salt & pepper <3 \"x\" 'y'"},
        {"AT&T; R&D &unknown; &#0; &#x110000;", "AT&T; R&D &unknown; &#0; &#x110000;"},
        {"broken \xFF byte", "broken \xEF\xBF\xBD byte"},
        {"\xE9\x9B\xA8\xE5\x90\x8E", "\xE9\x9B\xA8\xE5\x90\x8E"},
    };
    for (auto const& row : rows) BOOST_TEST(normal_text(row.text) == row.normal);
}

BOOST_AUTO_TEST_CASE(marks_without_an_end_take_no_time) {
    // Of falling classes, and ones that become two: sorting a million of either takes hours.
    for (auto const* marks : {"\xCC\x81\xCC\xA3", "\xE0\xBD\xB3"}) {
        std::string text = "a";
        while (text.size() < 4'000'000) text += marks;
        BOOST_TEST((normal_text(text) == text));
    }
    std::string few = "e";
    for (int i = 0; i < 20; ++i) few += "\xCC\xA3";
    BOOST_TEST(normal_text(few + "\xCC\x81").starts_with("\xE1\xBA\xB9"));
}

BOOST_AUTO_TEST_CASE(what_is_normal_stays_as_it_is) {
    for (auto const* text : {"a &amp;amp; b", "x  y", "e\xCC\x81\xCC\x82"}) {
        auto const once = normal_text(text);
        BOOST_TEST(normal_text(normal_text(once)) == normal_text(once));
    }
}

BOOST_AUTO_TEST_CASE(names_that_differ_only_in_case_or_form_fold_to_one) {
    struct Row {
        char const* name;
        char const* folded;
    };
    Row const rows[] = {
        {"images/1.png", "images/1.png"}, {"Images/A-b.PNG", "images/a-b.png"},
        {"CAFE\xCC\x81", "caf\xC3\xA9"},  {"CAF\xC3\x89", "caf\xC3\xA9"},
        {"\xD0\x96", "\xD0\xB6"},         {"\xE9\x9B\xA8", "\xE9\x9B\xA8"},
        {"broken \xFF", "broken \xFF"},
    };
    for (auto const& row : rows) BOOST_TEST(folded_name(row.name) == row.folded);
}

} // namespace darkroom
