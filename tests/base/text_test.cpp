// Words, sizes, patterns and encodings: one table a function.
#include "runner/base/text.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

using namespace darkroom;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(spelling)

constexpr std::array keys{"prompt"sv, "prompts"sv, "matrix"sv, "repeat"sv, "then"sv, "chain"sv};

BOOST_AUTO_TEST_CASE(a_near_miss_finds_the_word_that_was_meant) {
    struct Row {
        std::string_view word, meant; // "" for none
    };
    Row const rows[] = {
        {"promt", "prompt"},    // a letter left out
        {"prommpt", "prompt"},  // one too many
        {"propmt", "prompt"},   // two swapped
        {"matrlx", "matrix"},   // one replaced
        {"prompt", "prompt"},   // the word itself
        {"cahin", "chain"},     // swapped at the start
        {"hten", "then"},       // a swap is one edit, not two
        {"zzzz", ""},           // nothing like it
        {"concurrency", ""},    // far from all
        {"Prompts", "prompts"}, // case counts as one edit
        {"repeatedly", ""},     // a third of the letters may be wrong, not more
    };
    for (auto const& row : rows) {
        BOOST_TEST(nearest(row.word, keys).value_or("") == row.meant, row.word);
    }
}

BOOST_AUTO_TEST_CASE(of_two_near_words_the_nearer_wins_and_the_first_of_equals) {
    constexpr std::array pair{"abcdef"sv, "abcdeg"sv};
    BOOST_TEST(nearest("abcdeg", pair).value() == "abcdeg");
    BOOST_TEST(nearest("abcdeh", pair).value() == "abcdef");
}

BOOST_AUTO_TEST_CASE(very_long_words_and_empty_lists_find_nothing) {
    BOOST_TEST(!nearest(std::string(100'000, 'p'), keys).has_value());
    BOOST_TEST(!nearest("prompt", {}).has_value());
}

BOOST_AUTO_TEST_CASE(the_hint_is_ready_to_append) {
    BOOST_TEST(did_you_mean("promts", keys) == ", did you mean 'prompts'?");
    BOOST_TEST(did_you_mean("zzzz", keys) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(strings)

BOOST_AUTO_TEST_CASE(sizes_have_one_decimal_and_never_read_1000) {
    struct Row {
        std::uint64_t bytes;
        std::string_view text;
    };
    Row const rows[] = {{0, "0 B"},
                        {999, "999 B"},
                        {1000, "1.0 kB"},
                        {1'400'000, "1.4 MB"},
                        {999'949, "999.9 kB"},
                        {999'950, "1.0 MB"},
                        {5'000'000'000, "5.0 GB"},
                        {2'000'000'000'000, "2.0 TB"},
                        {~std::uint64_t{0}, "18446744.1 TB"}};
    for (auto const& row : rows) BOOST_TEST(format_bytes(row.bytes) == row.text);
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_any_run_of_characters) {
    struct Row {
        std::string_view pattern, text;
        bool matches;
    };
    Row const rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"variation*", "variation2", true},
        {"variation*", "variation", true},
        {"variation*", "upscale1", false},
        {"*_2x", "zoom_out_2x", true},
        {"*_2x", "zoom_out_1_5x", false},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-c-b", false},
        {"a*ab", "aaab", true},
        {"**", "x", true},
        {"upscale", "upscale1", false},
        {"?", "x", false},
        {"a.c", "abc", false},
    };
    for (auto const& row : rows)
        BOOST_TEST(glob_match(row.pattern, row.text) == row.matches,
                   row.pattern << " on " << row.text);
}

BOOST_AUTO_TEST_CASE(a_hostile_pattern_ends_soon) {
    std::string pattern;
    for (int i = 0; i < 1000; ++i) pattern += "a*";
    BOOST_TEST(!glob_match(pattern + "b", std::string(20'000, 'a')));
}

BOOST_AUTO_TEST_CASE(utf8_is_checked_to_the_last_bit) {
    struct Row {
        std::string_view text;
        bool valid;
    };
    Row const rows[] = {
        {"", true},
        {"plain", true},
        {"\0"sv, true},
        {"\x7F", true},
        {"\xC2\x80", true},          // U+0080, the first of two bytes
        {"\xDF\xBF", true},          // U+07FF, the last
        {"\xE0\xA0\x80", true},      // U+0800
        {"\xED\x9F\xBF", true},      // U+D7FF, just below the surrogates
        {"\xEE\x80\x80", true},      // U+E000, just above
        {"\xEF\xBF\xBF", true},      // U+FFFF
        {"\xF0\x90\x80\x80", true},  // U+10000
        {"\xF4\x8F\xBF\xBF", true},  // U+10FFFF, the last of all
        {"\x80", false},             // a continuation byte on its own
        {"\xC0\x80", false},         // overlong NUL
        {"\xC1\xBF", false},         // overlong U+007F
        {"\xE0\x9F\xBF", false},     // overlong U+07FF
        {"\xF0\x8F\xBF\xBF", false}, // overlong U+FFFF
        {"\xED\xA0\x80", false},     // U+D800, a surrogate
        {"\xED\xBF\xBF", false},     // U+DFFF
        {"\xF4\x90\x80\x80", false}, // U+110000
        {"\xF5\x80\x80\x80", false},
        {"\xFF", false},
        {"\xC2", false}, // cut short
        {"\xE2\x82", false},
        {"\xF0\x9F\x98", false},
        {"\xC2\x41", false}, // the second byte is not one
        {"\xE2\x82\x41", false},
        {"ok \xE2\x82\xAC then \xC3", false},
    };
    for (auto const& row : rows) BOOST_TEST(is_valid_utf8(row.text) == row.valid, row.text);
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_left_out_at_the_start_only) {
    BOOST_TEST(without_byte_order_mark("\xEF\xBB\xBFtext") == "text");
    BOOST_TEST(without_byte_order_mark("\xEF\xBB\xBF\xEF\xBB\xBF") == byte_order_mark);
    BOOST_TEST(without_byte_order_mark("text\xEF\xBB\xBF") == "text\xEF\xBB\xBF");
    BOOST_TEST(without_byte_order_mark("\xEF\xBB") == "\xEF\xBB");
    BOOST_TEST(without_byte_order_mark("") == "");
}

BOOST_AUTO_TEST_CASE(trimming_takes_blanks_off_both_ends_only) {
    struct Row {
        std::string_view text, trimmed;
    };
    Row const rows[] = {{"", ""},     {" \t\r\n", ""}, {"a", "a"}, {"  a b\r\n", "a b"},
                        {"\ta", "a"}, {"a\v", "a\v"}};
    for (auto const& row : rows) BOOST_TEST(trim(row.text) == row.trimmed);
}

BOOST_AUTO_TEST_CASE(lower_case_is_ascii_only_and_leaves_other_bytes_alone) {
    BOOST_TEST(to_lower("Retry-After [@Z]") == "retry-after [@z]");
    BOOST_TEST(to_lower("\xC3\x84") == "\xC3\x84");
}

BOOST_AUTO_TEST_CASE(splitting_keeps_empty_parts_and_joining_is_the_reverse) {
    struct Row {
        std::string_view text;
        std::vector<std::string> parts;
    };
    Row const rows[] = {{"", {""}},
                        {"a", {"a"}},
                        {"a/b", {"a", "b"}},
                        {"/", {"", ""}},
                        {"a//b/", {"a", "", "b", ""}}};
    for (auto const& row : rows) {
        auto const parts = split(row.text, '/');
        BOOST_TEST(std::vector<std::string>(parts.begin(), parts.end()) == row.parts,
                   boost::test_tools::per_element());
        BOOST_TEST(join(row.parts, "/") == row.text);
    }
    BOOST_TEST(join({}, ", ") == "");
}

BOOST_AUTO_TEST_CASE(a_word_for_a_shell_has_quotes_only_where_it_needs_them) {
    struct Row {
        std::string_view text;
        std::string_view word;
    };
    Row const rows[] = {{"limits.rate=3/min", "limits.rate=3/min"},
                        {"out/night-2026:01", "out/night-2026:01"},
                        {"", "''"},
                        {"jobs.0.suffix=--v 5", "'jobs.0.suffix=--v 5'"},
                        {"name=it's", "'name=it'\\''s'"},
                        {"'", "''\\'''"},
                        {"~/x", "'~/x'"},
                        {"$(rm)", "'$(rm)'"},
                        {"夜", "'夜'"},
                        {"a\nb", "'a\nb'"}};
    for (auto const& row : rows) BOOST_TEST(shell_word(row.text) == row.word);
}

BOOST_AUTO_TEST_SUITE_END()
