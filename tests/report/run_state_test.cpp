// A run's note about itself, the rate of a run at work, and their texts.
#include "runner/report/run_state.hpp"

#include "runner/base/time_text.hpp"
#include "tests/report/fake_history.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using namespace std::chrono_literals;

namespace {

WallTime time_at(std::string const& text) { return parse_rfc3339(text).value(); }

RunNote noted(std::optional<RunEnding> ending) {
    return {4242, "host7", time_at("2026-11-28T14:02:11.250Z"), std::move(ending)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(run_state)

// Stored: a later version must read these.
BOOST_AUTO_TEST_CASE(a_note_has_its_form_on_disk) {
    BOOST_TEST(to_text(noted(std::nullopt)) ==
               R"({"pid":4242,"host":"host7","since":"2026-11-28T14:02:11.250Z"})");
    auto const ended = noted(RunEnding{7, "interrupted", time_at("2026-11-28T14:05:00.000Z")});
    BOOST_TEST(to_text(ended) ==
               R"({"pid":4242,"host":"host7","since":"2026-11-28T14:02:11.250Z",)"
               R"("ended":{"exit":7,"reason":"interrupted","at":"2026-11-28T14:05:00.000Z"}})");
    auto const read = read_run_note(to_text(ended));
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(to_text(*read) == to_text(ended));
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_note_is_none) {
    for (auto const* text : {"", "{}", "17", "[]", R"({"since":"yesterday"})", R"({"pid":1})"})
        BOOST_TEST(!read_run_note(text).has_value(), text);
    auto const half = read_run_note(R"({"since":"2026-11-28T14:02:11.250Z","ended":{"exit":7}})");
    BOOST_REQUIRE(half.has_value());
    BOOST_TEST(!half->ending.has_value());
}

BOOST_AUTO_TEST_CASE(every_end_has_words) {
    for (int number = 0; number <= static_cast<int>(engine::RunEnd::wrong_http); ++number) {
        std::string const name(name_of(static_cast<engine::RunEnd>(number)));
        auto const text =
            ended_text(noted(RunEnding{4, name, time_at("2026-11-28T14:05:00.000Z")}));
        BOOST_TEST(text.starts_with("ended 2026-11-28 14:05:00Z: "), text);
        BOOST_TEST(text.ends_with(" (exit 4)"), text);
        BOOST_TEST(text.find('_') == std::string::npos, text);
    }
    BOOST_TEST(ended_text(noted(std::nullopt)) ==
               "killed: the run of process 4242 on host7 (since 2026-11-28 14:02:11Z) has left no "
               "last word");
    BOOST_TEST(json::write(ended_json(noted(std::nullopt))) ==
               R"({"exit":null,"reason":"killed","at":null})");
}

BOOST_AUTO_TEST_CASE(the_rate_is_that_of_the_last_minutes) {
    auto const now = time_at("2026-11-28T14:00:00.000Z");
    struct {
        char const* what;
        std::chrono::seconds since;                 ///< Before now.
        std::vector<std::chrono::seconds> finished; ///< Before now, in order.
        std::optional<double> rate;
    } const rows[] = {
        {"nothing yet", 60s, {}, std::nullopt},
        {"one is no rate", 60s, {10s}, std::nullopt},
        {"since the start of the run", 60s, {50s, 40s, 10s}, 3.0 / 60},
        {"not those of earlier runs", 60s, {600s, 500s, 50s, 40s}, 2.0 / 60},
        {"of a long run, the last five minutes", 4000s, {3000s, 2000s, 200s, 100s, 50s}, 3.0 / 300},
        {"a clock that went back", -10s, {50s, 40s}, std::nullopt},
    };
    for (auto const& row : rows) {
        test::FakeHistory history;
        for (auto const before : row.finished) history.finished_at.push_back(now - before);
        auto const rate = finished_rate(history, now - row.since, now);
        BOOST_REQUIRE(!rate.has_error());
        BOOST_TEST(rate->has_value() == row.rate.has_value(), row.what);
        if (row.rate && *rate) BOOST_TEST(**rate == *row.rate, row.what);
    }
}

BOOST_AUTO_TEST_CASE(a_run_at_work_says_what_is_known_of_it) {
    auto const now = time_at("2026-11-28T14:00:00.000Z");
    BOOST_TEST(running_text({}, now) == "running (a process)");
    BOOST_TEST(running_text({17, "", std::nullopt, std::nullopt, std::nullopt}, now) ==
               "running (process 17)");
    BOOST_TEST(running_text({17, "h\x1b", now - 60s, 0.055, now + 90s}, now) ==
               "running since 2026-11-28 13:59:00Z (process 17 on h�), 3.3 steps a minute, "
               "about 1m 30s left");
    BOOST_TEST(running_text({17, "h", now - 60s, 25.4, now + 7200s}, now)
                   .ends_with("25 steps a second, about 2h 00m left"));
    BOOST_TEST(json::write(to_json(RunAtWork())) ==
               R"({"pid":null,"host":null,"since":null,"rate":null,"eta":null,"changes":[]})");
}

BOOST_AUTO_TEST_SUITE_END()
