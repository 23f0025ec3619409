// Text for a terminal: widths, safe cuts, and no escape sequences.
#include "runner/report/terminal_text.hpp"

#include "runner/base/text.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::report;

BOOST_AUTO_TEST_SUITE(terminal_text)

BOOST_AUTO_TEST_CASE(a_text_is_as_wide_as_a_terminal_shows_it) {
    struct Row {
        std::string_view text;
        std::size_t columns;
    };
    Row const rows[] = {
        {"", 0},         {"volcano", 7}, {"Größe", 5}, {"火山", 4}, // two wide characters
        {"e\u0301", 1},                                             // a letter and its accent
        {"🚗", 2},                                                   // emoji
        {"👍🏽", 2},                                            // with a skin tone
        {"👩\u200D🚀", 4}, // joined: at most as wide as its parts
        {"ｆｕｌｌ", 8}, // full-width letters
        {"กี่", 1},        // Thai, with two marks above
        {"\x1b[2J", 4},  // an escape takes one column, as printable() shows it
        {"\xff\xfe", 2}, // broken bytes
        {"a\u202Eb", 2}, // a direction mark is not shown at all
    };
    for (auto const& row : rows)
        BOOST_TEST(columns_of(row.text) == row.columns, "'" << row.text << "'");
}

BOOST_AUTO_TEST_CASE(nothing_that_a_terminal_would_obey_is_left) {
    struct Row {
        std::string_view text, shown;
    };
    Row const rows[] = {
        {"plain – text", "plain – text"},
        {"two\nlines\tand\rmore", "two lines and more"},
        {"\x1b]0;title\x07", "\uFFFD]0;title\uFFFD"},
        {"\x7f", "\uFFFD"},
        {"\u009b31m", "\uFFFD31m"}, // the one-character escape of C1
        {"cut off \xe7\x81", "cut off \uFFFD\uFFFD"},
        {"\xc0\xaf", "\uFFFD\uFFFD"},           // an overlong '/'
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"}, // half of a surrogate pair
        {"gpj.\u202Etxt", "gpj.txt"},
    };
    for (auto const& row : rows) {
        BOOST_TEST(printable(row.text) == row.shown);
        BOOST_TEST(darkroom::is_valid_utf8(printable(row.text)));
    }
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_between_whole_characters) {
    struct Row {
        std::string_view text;
        std::size_t columns;
        std::string_view shown;
    };
    Row const rows[] = {
        {"lighthouse", 10, "lighthouse"},
        {"lighthouse", 6, "light…"},
        {"lighthouse", 1, "…"},
        {"lighthouse", 0, ""},
        {"火山火山", 8, "火山火山"},
        {"火山火山", 7, "火山火…"},
        {"火山火山", 6, "火山…"}, // only one of the next one's two columns would fit
        {"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
        {"", 5, ""},
    };
    for (auto const& row : rows) BOOST_TEST(cut(row.text, row.columns) == row.shown);
}

BOOST_AUTO_TEST_CASE(whatever_comes_in_a_cut_text_is_never_wider_than_asked) {
    std::string_view const text = "a火🚗e\u0301\x1b[31m\xff👩\u200D🚀 กี่ end";
    for (std::size_t from = 0; from < text.size(); ++from) {
        for (std::size_t columns = 0; columns < 20; ++columns) {
            auto const piece = text.substr(from);
            BOOST_TEST(columns_of(cut(piece, columns)) <= columns);
            BOOST_TEST(columns_of(fit(piece, columns)) == columns);
            BOOST_TEST(darkroom::is_valid_utf8(cut(piece, columns)));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut_in_the_middle) {
    BOOST_TEST(fit_middle("cars/12", 10) == "cars/12   ");
    BOOST_TEST(fit_middle("a_very_long_job_name/12/upscale1", 16) == "a_very_…upscale1");
    BOOST_TEST(fit_middle("a_very_long_job_name/12/upscale1", 17) == "a_very_l…upscale1");
    BOOST_TEST(fit_middle("abcdefgh", 4) == "abc…");
    for (std::size_t columns = 0; columns < 20; ++columns) {
        for (auto const* name : {"火山火山火山火山火山/12", "ab\x1b\xff/3/x/y/z/0123456789"}) {
            BOOST_TEST(columns_of(fit_middle(name, columns)) == columns);
            BOOST_TEST(darkroom::is_valid_utf8(fit_middle(name, columns)));
        }
    }
}

BOOST_AUTO_TEST_CASE(colour_adds_no_columns_and_can_be_left_out) {
    BOOST_TEST(ink(Ink::bad, "no", false) == "no");
    BOOST_TEST(ink(Ink::bad, "no", true) == "\x1b[31mno\x1b[0m");
    BOOST_TEST(ink(Ink::plain, "no", true) == "no");
    BOOST_TEST(inked_columns("a" + ink(Ink::good, "火", true) + "b") == 4u);
}

BOOST_AUTO_TEST_CASE(json_keeps_its_value_without_what_a_terminal_obeys) {
    std::pair<std::string_view, std::string_view> const rows[] = {
        {R"({"a":"b c"})", R"({"a":"b c"})"},
        {R"(["é","日本","🙂"])", R"(["é","日本","🙂"])"},
        {"[\"\x7f\"]", R"(["\u007f"])"},
        {"[\"\u009b31m\"]", R"(["\u009b31m"])"},
        {"[\"\u202Ereversed\u2066\"]", R"(["\u202ereversed\u2066"])"},
        {"[\"\u2028\"]", R"(["\u2028"])"},
        {"[\"\xff\"]", R"(["\ufffd"])"},
    };
    for (auto const& [text, harmless] : rows) BOOST_TEST(harmless_json(text) == harmless);
}

BOOST_AUTO_TEST_SUITE_END()
