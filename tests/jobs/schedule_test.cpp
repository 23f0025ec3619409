// When a job file runs by itself, and the names of its runs.
#include "jobs/schedule/calendar.hpp"
#include "jobs/schedule/dated_name.hpp"
#include "jobs/schedule/repeated_name.hpp"
#include "jobs/schedule/zone.hpp"
#include "runner/base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

SysSeconds moment(std::string_view text) {
    return std::chrono::floor<std::chrono::seconds>(parse_rfc3339(text).value());
}

std::string shown(std::optional<SysSeconds> time) {
    return time ? format_rfc3339(*time).substr(0, 16) : "never";
}

std::string why_no_rule(std::string_view text) {
    auto const cron = Cron::read(text);
    return cron.has_value() ? "" : cron.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(what_is_no_rule_of_cron_is_refused_with_a_reason) {
    struct Row {
        std::string_view text;
        std::string_view why;
    };
    constexpr Row rows[] = {
        {"", "has 0 fields"},
        {"0 3 * *", "has 4 fields"},
        {"0 0 3 * * *", "has 6 fields"},
        {"60 3 * * *", "has '60' for the minute, which goes from 0 to 59"},
        {"0 24 * * *", "has '24' for the hour, which goes from 0 to 23"},
        {"0 3 0 * *", "has '0' for the day of the month, which goes from 1 to 31"},
        {"0 3 * 13 *", "has '13' for the month, which goes from 1 to 12"},
        {"0 3 * * 8", "has '8' for the day of the week, which goes from 0 to 7"},
        {"0 3 * * monday", "has 'monday' for the day of the week"},
        {"-1 3 * * *", "has '' for the minute"},
        {"0 3-1 * * *", "the range goes backwards"},
        {"*/0 * * * *", "a step is written '*/10' or '8-18/2'"},
        {"5/10 * * * *", "a step is written '*/10' or '8-18/2'"},
        {"1,,2 * * * *", "has '' for the minute"},
        {"99999999999999999999 * * * *", "for the minute"},
        {"0 0 30 2 *", "names a day that no month of it has"},
        {"0 0 31 4,6,9,11 *", "names a day that no month of it has"},
        {"@reboot", "has a word that is none of @hourly"},
    };
    for (auto const& row : rows)
        BOOST_TEST(why_no_rule(row.text).find(row.why) != std::string::npos,
                   row.text << ": " << why_no_rule(row.text));
}

BOOST_AUTO_TEST_CASE(a_rule_begins_at_its_minutes) {
    struct Row {
        std::string_view rule;
        std::string_view from;
        std::string_view next; ///< After that.
        std::string_view last; ///< Not after it.
    };
    constexpr Row rows[] = {
        {"0 3 * * *", "2026-11-30T03:00:00.000Z", "2026-12-01T03:00", "2026-11-30T03:00"},
        {"0 3 * * *", "2026-11-30T02:59:59.000Z", "2026-11-30T03:00", "2026-11-29T03:00"},
        {"*/20 8-9 * * *", "2026-11-30T08:41:00.000Z", "2026-11-30T09:00", "2026-11-30T08:40"},
        {"*/20 8-9 * * *", "2026-11-30T09:40:00.000Z", "2026-12-01T08:00", "2026-11-30T09:40"},
        {"0 0 * * Mon-fri", "2026-12-04T12:00:00.000Z", "2026-12-07T00:00", "2026-12-04T00:00"},
        {"0 0 * * 7", "2026-12-01T00:00:00.000Z", "2026-12-06T00:00", "2026-11-29T00:00"},
        {"0 0 13 * fri", "2026-11-01T00:00:00.000Z", "2026-11-06T00:00", "2026-10-30T00:00"},
        {"0 0 13 * fri", "2026-12-11T01:00:00.000Z", "2026-12-13T00:00", "2026-12-11T00:00"},
        {"0 0 */2 * fri", "2026-12-01T01:00:00.000Z", "2026-12-11T00:00", "2026-11-27T00:00"},
        {"0 0 29 2 *", "2096-03-01T00:00:00.000Z", "2104-02-29T00:00", "2096-02-29T00:00"},
        {"30 1,13 1 JAN,jul *", "2026-02-01T00:00:00.000Z", "2026-07-01T01:30", "2026-01-01T13:30"},
        {"@weekly", "2026-12-01T00:00:00.000Z", "2026-12-06T00:00", "2026-11-29T00:00"},
        {"@Hourly", "2026-12-01T00:30:00.000Z", "2026-12-01T01:00", "2026-12-01T00:00"},
    };
    auto const utc = Zone::named("UTC").value();
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.rule << " from " << row.from) {
            auto const cron = Cron::read(row.rule).value();
            BOOST_TEST(shown(start_after(cron, utc, moment(row.from))) == row.next);
            BOOST_TEST(shown(start_until(cron, utc, moment(row.from))) == row.last);
        }
    }
}

/// A time that clocks leap over comes later, and one that they show twice counts once.
BOOST_AUTO_TEST_CASE(clocks_that_are_put_forward_and_back_start_each_run_once) {
    struct Row {
        std::string_view zone;
        std::string_view rule;
        std::string_view from;
        std::vector<std::string_view> next;
    };
    Row const rows[] = {
        {"Europe/Paris",
         "30 2 * * *",
         "2027-03-27T12:00:00.000Z",
         {"2027-03-28T01:30", "2027-03-29T00:30"}},
        {"Europe/Paris",
         "30 2 * * *",
         "2027-10-30T12:00:00.000Z",
         {"2027-10-31T00:30", "2027-11-01T01:30"}},
        {"Europe/Paris",
         "0 * * * *",
         "2027-03-27T23:30:00.000Z",
         {"2027-03-28T00:00", "2027-03-28T01:00", "2027-03-28T02:00"}},
        {"America/New_York",
         "0 3 * * *",
         "2027-03-13T12:00:00.000Z",
         {"2027-03-14T07:00", "2027-03-15T07:00"}},
        {"Asia/Kolkata",
         "15 0 * * *",
         "2026-11-30T00:00:00.000Z",
         {"2026-11-30T18:45", "2026-12-01T18:45"}},
        {"America/Santiago",
         "0 0 * * *",
         "2026-09-05T12:00:00.000Z", // the day begins at one
         {"2026-09-06T04:00", "2026-09-07T03:00"}},
        {"Pacific/Apia",
         "0 12 30 12 *",
         "2011-12-01T00:00:00.000Z", // a day that was left out
         {"2011-12-30T22:00", "2012-12-29T22:00"}},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.zone << " " << row.rule) {
            auto const zone = Zone::named(std::string(row.zone)).value();
            auto const cron = Cron::read(row.rule).value();
            auto time = moment(row.from);
            for (auto const next : row.next) {
                auto const before = time;
                time = start_after(cron, zone, time).value();
                BOOST_TEST(shown(time) == next);
                BOOST_TEST(shown(start_until(cron, zone, time)) == next);
                BOOST_CHECK(start_until(cron, zone, time - 1s).value() <= before ||
                            before == moment(row.from));
            }
        }
    }
    BOOST_TEST(Zone::named("Europe/Pari").has_error());
    BOOST_TEST(Zone::named("../../etc/passwd").has_error());
    BOOST_TEST(Zone::of_machine("Asia/Tokyo").value().name() == "Asia/Tokyo");
    BOOST_TEST(Zone::of_machine(":Asia/Tokyo").value().name() == "Asia/Tokyo");
    BOOST_TEST(Zone::of_machine("/usr/share/zoneinfo/Asia/Tokyo").value().name() == "Asia/Tokyo");
    BOOST_TEST(Zone::of_machine(":/etc/localtime").has_value());
    BOOST_TEST(
        Zone::of_machine("UTC0").error().detail.starts_with("TZ is 'UTC0', which is no name"));
}

BOOST_AUTO_TEST_CASE(a_start_is_shown_with_the_distance_from_utc) {
    auto const time = moment("2026-11-30T19:00:00.000Z");
    BOOST_TEST(text_of_start(Zone::named("Asia/Shanghai").value(), time) ==
               "2026-12-01 03:00 +08:00");
    BOOST_TEST(text_of_start(Zone::named("America/St_Johns").value(), time) ==
               "2026-11-30 15:30 -03:30");
    BOOST_TEST(text_of_start(Zone::named("UTC").value(), time) == "2026-11-30 19:00 +00:00");
}

BOOST_AUTO_TEST_CASE(names_have_the_date_of_their_start) {
    struct Row {
        std::string_view name;
        std::string_view text; ///< On Thursday 2026-12-31 at 03:05.
    };
    constexpr Row rows[] = {
        {"nightly-{{date}}", "nightly-2026-12-31"},
        {"{{date:%Y-%m}}", "2026-12"},
        {"n{{date}}.{{time}}", "n2026-12-31.0305"},
        {"w-{{date:%G-W%V}}", "w-2026-W53"},
        {"{{date:%y%j}}-x", "26365-x"},
        {"{{time:%H-%M}}", "03-05"},
        {"{{date}}-{{date:%Y}}", "2026-12-31-2026"},
    };
    auto const time = std::chrono::local_days(std::chrono::year(2026) / 12 / 31) + 3h + 5min;
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            auto const name = DatedName::read(row.name).value();
            BOOST_TEST(name.at(time) == row.text);
            BOOST_TEST(name.date_in(row.text).has_value());
            BOOST_TEST(!name.date_in(std::string(row.text) + "x"));
            BOOST_TEST(!name.date_in(row.text.substr(1)));
            BOOST_TEST(!name.date_in("nightly-2026-1x-31"));
            auto const later = name.date_in(name.at(time + std::chrono::days(400) + 3h + 10min));
            BOOST_CHECK(*later > *name.date_in(row.text));
        }
    }
    BOOST_TEST(!DatedName::has_dates("nightly"));
    // The week of a day is that of its Thursday, and so is its year.
    auto const weeks = DatedName::read("{{date:%G-%V}}").value();
    using std::chrono::local_days;
    using std::chrono::year;
    BOOST_TEST(weeks.at(local_days(year(2027) / 1 / 3)) == "2026-53");
    BOOST_TEST(weeks.at(local_days(year(2027) / 1 / 4)) == "2027-01");
    BOOST_TEST(weeks.at(local_days(year(2024) / 12 / 30)) == "2025-01");
    // Both years are one.
    BOOST_TEST(!DatedName::read("{{date:%Y}}-{{date:%Y}}").value().date_in("2026-2027"));
}

BOOST_AUTO_TEST_CASE(what_is_no_name_with_a_date_is_refused) {
    for (auto const text : {"a-{{date", "a-{{dat}}", "a-{{}}", "a-{{date:%Q}}", "a-{{date:%}}",
                            "a-{{ date }}", "a-{{time:%S}}"})
        BOOST_TEST(DatedName::read(text).has_error(), text);
}

BOOST_AUTO_TEST_CASE(rules_are_said_in_the_words_of_systemd) {
    struct Row {
        std::string_view rule;
        std::string_view zone;
        std::string_view events;
    };
    constexpr Row rows[] = {
        {"0 3 * * *", "Asia/Shanghai", "*-*-* 03:00:00 Asia/Shanghai"},
        {"*/15 8-10 * * *", "", "*-*-* 08,09,10:00,15,30,45:00"},
        {"0 0 1 */6 *", "", "*-01,07-01 00:00:00"},
        {"5 4 * * sun,3", "", "Sun,Wed *-*-* 04:05:00"},
        {"0 0 13 * 5", "UTC", "*-*-13 00:00:00 UTC; Fri *-*-* 00:00:00 UTC"},
        {"0 0 */2 * 1-5", "",
         "Mon,Tue,Wed,Thu,Fri *-*-01,03,05,07,09,11,13,15,17,19,21,23,25,27,29,31 00:00:00"},
        {"0 0 1-31 * 5", "", "*-*-* 00:00:00"},
        {"* * * * *", "", "*-*-* *:*:00"},
    };
    for (auto const& row : rows) {
        auto const events = calendar_events(Cron::read(row.rule).value(), std::string(row.zone));
        BOOST_TEST(join(events, "; ") == row.events, row.rule << ": " << join(events, "; "));
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_comes_back_is_found_with_both_dates) {
    struct Row {
        std::string_view name;
        std::string_view rule;
        std::string_view found; ///< "": nothing.
    };
    constexpr Row rows[] = {
        {"n-{{date}}", "0 3 * * *", ""},
        {"n-{{date:%d}}", "0 3 * * *", "n-01 2030-01-01 03:00 2030-02-01 03:00"},
        {"n-{{date:%d}}", "0 3 1 * *", "n-01 2030-01-01 03:00 2030-02-01 03:00 always"},
        {"n-{{time}}", "0 3 * * *", "n-0300 2030-01-01 03:00 2030-01-02 03:00 always"},
        {"n-{{time}}", "0 3,15 * * *", "n-0300 2030-01-01 03:00 2030-01-02 03:00"},
        {"n-{{date:%m-%d}}", "0 3 * * *", "n-01-01 2030-01-01 03:00 2031-01-01 03:00"},
        {"n-{{date:%j}}", "0 3 * * 1", ""},
        {"n-{{date:%Y-%V}}", "0 3 * * *", "n-2030-01 2030-01-01 03:00 2030-12-30 03:00"},
        {"n-{{date:%G-%V}}", "0 3 * * *", ""},
        // Starts in a row may go on with one directory.
        {"n-{{date:%Y-%m}}", "0 3 * * *", ""},
        {"n-{{date}}", "*/5 * * * *", ""},
        {"n-{{date:%Y}}", "@monthly", ""},
        {"n-{{date:%H}}", "* * * * *", "n-00 2030-01-01 00:00 2030-01-02 00:00"},
        {"n-{{date:%M}}", "* * * * *", "n-00 2030-01-01 00:00 2030-01-01 01:00"},
        {"n-{{date:%d}}", "0 3 29 2 *", "n-29 2032-02-29 03:00 2036-02-29 03:00 always"},
        {"n-{{date}}", "0 3 29 2 *", ""},
        {"n-{{date}}-{{time:%M}}", "*/2 * * * *",
         "n-2030-01-01-00 2030-01-01 00:00 2030-01-01 01:00"},
        {"n-{{date}}-{{time}}", "* * * * *", ""},
    };
    for (auto const& row : rows) {
        auto const found =
            repeated_name(DatedName::read(row.name).value(), Cron::read(row.rule).value());
        auto const text =
            found ? fmt::format("{} {} {}{}", found->name, text_of_minute(found->first),
                                text_of_minute(found->again), found->is_constant ? " always" : "")
                  : std::string();
        BOOST_TEST(text == row.found, row.name << " " << row.rule << ": " << text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::jobs
