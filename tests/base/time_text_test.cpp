// Durations and dates as text: one table a function.
#include "runner/base/time_text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace darkroom;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

WallTime wall(std::chrono::year_month_day date, std::chrono::milliseconds time) {
    return std::chrono::sys_days(date) + time;
}

} // namespace

BOOST_AUTO_TEST_SUITE(durations)

BOOST_AUTO_TEST_CASE(durations_are_a_number_and_a_unit) {
    struct Row {
        std::string_view text;
        Duration time;
    };
    Row const rows[] = {
        {"250ms", 250ms}, {"10s", 10s},    {"15m", 15min},   {"2h", 2h},   {"1.5s", 1500ms},
        {"0s", 0s},       {"0.5h", 30min}, {"0.1ms", 100us}, {"007s", 7s}, {"100000h", 100'000h},
        {"14d", 336h}};
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
                            "1w"})
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

BOOST_AUTO_TEST_CASE(iso8601_times_are_read_in_the_forms_of_services) {
    auto const moment = parse_rfc3339("2016-02-29T12:34:56.789Z").value();
    for (auto const text :
         {"2016-02-29T12:34:56.789Z", "2016-02-29 12:34:56.789", "2016-02-29t12:34:56,789z",
          "2016-02-29T12:34:56.789999+00:00", "2016-02-29T20:34:56.789+0800",
          "2016-02-29T11:34:56.789-01", "2016-02-29 12:34:56.789 +00:00"})
        BOOST_TEST((parse_iso8601(text) == moment), text);
    BOOST_TEST(
        (parse_iso8601("2016-02-29T12:34:56.7Z") == parse_rfc3339("2016-02-29T12:34:56.700Z")));
    BOOST_TEST(
        (parse_iso8601("2016-03-01T00:04:56+12:30") == parse_rfc3339("2016-02-29T11:34:56.000Z")));
    for (auto const text :
         {"", "2016", "2016-02-29", "2016-02-29T12:34", "2016-02-30T12:34:56Z",
          "2016-02-29T24:34:56Z", "2016-02-29T12:34:56.Z", "2016-02-29T12:34:56X",
          "2016-02-29T12:34:56+1", "2016-02-29T12:34:56+1:00", "2016-02-29T12:34:56+24:00",
          "2016-02-29T12:34:56+01:60", "2016-02-29T12:34:56+01:0", "2016-02-29T12:34:56+0100Z",
          "2016-02-29T12:34:56Z ", "x016-02-29T12:34:56Z", "20160229T123456Z"})
        BOOST_TEST(!parse_iso8601(text).has_value(), text);
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
