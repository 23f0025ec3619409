// Words, numbers and times as people write them: one table a function.
#include "runner/base/text.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

using namespace darkroom;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

WallTime wall(std::chrono::year_month_day date, std::chrono::milliseconds time) {
    return std::chrono::sys_days(date) + time;
}

} // namespace

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

BOOST_AUTO_TEST_SUITE(durations)

BOOST_AUTO_TEST_CASE(durations_are_a_number_and_a_unit) {
    struct Row {
        std::string_view text;
        Duration time;
    };
    Row const rows[] = {{"250ms", 250ms}, {"10s", 10s},         {"15m", 15min},  {"2h", 2h},
                        {"1.5s", 1500ms}, {"0s", 0s},           {"0.5h", 30min}, {"0.1ms", 100us},
                        {"007s", 7s},     {"100000h", 100'000h}};
    for (auto const& row : rows) {
        auto const time = parse_duration(row.text);
        BOOST_REQUIRE_MESSAGE(time.has_value(), row.text);
        BOOST_TEST((*time == row.time), row.text);
    }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_duration) {
    for (auto const text : {"",     "s",   "10",    "10 s",     " 10s",
                            "10s ", "10S", "10sec", "-1s",      "-0s",
                            "+1s",  ".5s", "1e3s",  "0x10s",    "infs",
                            "nans", "1s2", "1,5s",  "3000000h", "99999999999999999999999s",
                            "1d"})
        BOOST_TEST(!parse_duration(text).has_value(), text);
    BOOST_TEST(!parse_duration("1s\0"sv).has_value());
}

BOOST_AUTO_TEST_CASE(a_duration_is_written_in_its_largest_whole_unit) {
    struct Row {
        Duration time;
        std::string_view text;
    };
    Row const rows[] = {{0s, "0ms"},      {250ms, "250ms"},   {1s, "1s"},
                        {90s, "90s"},     {60s, "1m"},        {2h, "2h"},
                        {150min, "150m"}, {1500ms, "1500ms"}, {86'400s, "24h"}};
    for (auto const& row : rows) {
        BOOST_TEST(format_duration(row.time) == row.text);
        BOOST_TEST((parse_duration(row.text) == row.time), row.text);
    }
}

BOOST_AUTO_TEST_CASE(a_span_is_rounded_up_for_people) {
    struct Row {
        Duration time;
        std::string_view text;
    };
    Row const rows[] = {{0s, "0s"},           {1ns, "1s"},       {59s, "59s"},
                        {59'001ms, "1m 00s"}, {125s, "2m 05s"},  {3599s, "59m 59s"},
                        {3600s, "1h 00m"},    {4020s, "1h 07m"}, {100h, "100h 00m"}};
    for (auto const& row : rows) BOOST_TEST(format_span(row.time) == row.text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(calendar_times)

BOOST_AUTO_TEST_CASE(rfc3339_times_read_back_as_written) {
    struct Row {
        WallTime time;
        std::string_view text;
    };
    using namespace std::chrono;
    Row const rows[] = {
        {wall(2026y / 11 / 23, 18h + 16min + 32s + 125ms), "2026-11-23T18:16:32.125Z"},
        {wall(1970y / 1 / 1, 0ms), "1970-01-01T00:00:00.000Z"},
        {wall(2024y / 2 / 29, 24h - 1ms), "2024-02-29T23:59:59.999Z"},
        {wall(1969y / 12 / 31, 24h - 1ms), "1969-12-31T23:59:59.999Z"},
    };
    for (auto const& row : rows) {
        BOOST_TEST(format_rfc3339(row.time) == row.text);
        BOOST_TEST((parse_rfc3339(row.text) == row.time), row.text);
    }
}

BOOST_AUTO_TEST_CASE(a_leap_second_is_the_next_second) {
    BOOST_TEST(
        (parse_rfc3339("2016-12-31T23:59:60.000Z") == parse_rfc3339("2017-01-01T00:00:00.000Z")));
}

BOOST_AUTO_TEST_CASE(other_forms_are_no_rfc3339_time_of_ours) {
    for (auto const text :
         {"", "2026-11-23", "2026-11-23T18:16:32Z", "2026-11-23T18:16:32.125+00:00",
          "2026-11-23 18:16:32.125Z", "2026-13-23T18:16:32.125Z", "2026-02-29T18:16:32.125Z",
          "2026-11-23T24:00:00.000Z", "2026-11-23T18:60:32.125Z", "2026-11-23T18:16:61.125Z",
          "2026-11-23T18:16:32.12aZ", "2O26-11-23T18:16:32.125Z", "2026-11-23T18:16:32.1255Z"})
        BOOST_TEST(!parse_rfc3339(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(http_dates_read_back_as_written) {
    using namespace std::chrono;
    auto const time = wall(1994y / 11 / 6, 8h + 49min + 37s);
    BOOST_TEST((parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == time));
    BOOST_TEST(format_http_date(time + 999ms) == "Sun, 06 Nov 1994 08:49:37 GMT");
    for (unsigned month = 1; month <= 12; ++month) {
        auto const first = wall(year(2027) / std::chrono::month(month) / 1, 1s);
        BOOST_TEST((parse_http_date(format_http_date(first)) == first), month);
    }
}

BOOST_AUTO_TEST_CASE(the_older_forms_of_http_dates_are_read) {
    using namespace std::chrono;
    struct Row {
        std::string_view text;
        WallTime time;
    };
    Row const rows[] = {
        {"Sunday, 06-Nov-94 08:49:37 GMT", wall(1994y / 11 / 6, 8h + 49min + 37s)},
        {"Wednesday, 25-Nov-26 00:00:01 GMT", wall(2026y / 11 / 25, 1s)},
        {"Friday, 01-Jan-70 00:00:00 GMT", wall(1970y / 1 / 1, 0s)},
        {"Tuesday, 31-Dec-69 00:00:00 GMT", wall(2069y / 12 / 31, 0s)},
        {"Sun Nov  6 08:49:37 1994", wall(1994y / 11 / 6, 8h + 49min + 37s)},
        {"Wed Nov 25 15:20:28 2026", wall(2026y / 11 / 25, 15h + 20min + 28s)},
    };
    for (auto const& row : rows) BOOST_TEST((parse_http_date(row.text) == row.time), row.text);
}

BOOST_AUTO_TEST_CASE(other_forms_are_no_http_date) {
    for (auto const text :
         {"", "120", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
          "Sun, 06 anF 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
          "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37",
          "Sunday, 31-Nov-94 08:49:37 GMT", "Sunday, 06-Now-94 08:49:37 GMT",
          "Sunday, 06-Nov-9x 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  x 08:49:37 1994",
          "Sun Nov 31 08:49:37 1994", "Sun NOV  6 08:49:37 1994", "Sun, 06 Nov 1994 25:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:3x GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08.49.37 GMT"})
        BOOST_TEST(!parse_http_date(text).has_value(), text);
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

BOOST_AUTO_TEST_SUITE_END()
