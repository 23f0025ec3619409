// Which run directories a clean-up leaves alone because they are recent.
#include "runner/cli/clean_choice.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::cli;
using namespace std::chrono_literals;

namespace {

constexpr WallTime now{std::chrono::milliseconds(1'700'000'000'000)};

/// Returns the directories that are kept, as "01" for those of numbers 0 and 1.
std::string kept(std::vector<std::chrono::hours> const& ages, KeepRule const& rule) {
    std::vector<WallTime> ended;
    for (auto const age : ages) ended.push_back(now - age);
    std::string numbers;
    auto const reasons = reasons_to_keep(ended, rule, now);
    BOOST_REQUIRE(reasons.size() == ages.size());
    for (std::size_t at = 0; at < reasons.size(); ++at)
        if (!reasons[at].empty()) numbers += std::to_string(at);
    return numbers;
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_choice_of_directories_to_clean)

BOOST_AUTO_TEST_CASE(ages_have_days_and_weeks_beside_the_units_of_durations) {
    struct Row {
        std::string_view text;
        std::optional<Duration> age;
    };
    for (auto const& [text, age] : {Row{"14d", 14 * 24h},
                                    {"2w", 14 * 24h},
                                    {"36h", 36h},
                                    {"1.5d", 36h},
                                    {"90m", 90min},
                                    {"0d", 0h},
                                    {"14", std::nullopt},
                                    {"d", std::nullopt},
                                    {"-1d", std::nullopt},
                                    {"1 d", std::nullopt},
                                    {"1hd", std::nullopt},
                                    {"14D", std::nullopt},
                                    {"99999999w", std::nullopt},
                                    {"two weeks", std::nullopt},
                                    {"", std::nullopt}})
        BOOST_TEST_CONTEXT(text) BOOST_CHECK(parse_age(text) == age);
}

BOOST_AUTO_TEST_CASE(a_directory_is_kept_if_either_rule_keeps_it) {
    struct Row {
        std::vector<std::chrono::hours> ages;
        KeepRule rule;
        std::string kept;
    };
    Row const rows[] = {
        {{1h, 2h, 3h}, {}, ""},
        {{1h, 2h, 3h}, {2h, {}}, "0"}, // what ended just that long ago goes
        {{1h, 2h, 3h}, {3h, {}}, "01"},
        {{1h, 2h, 3h}, {Duration(0h), {}}, ""},
        {{-5h, 2h}, {1h, {}}, "0"}, // a clock that was wrong
        {{3h, 1h, 2h}, {{}, 1}, "1"},
        {{3h, 1h, 2h}, {{}, 2}, "12"},
        {{3h, 1h, 2h}, {{}, 0}, ""},
        {{3h, 1h, 2h}, {{}, 30}, "012"},
        {{2h, 2h, 2h}, {{}, 1}, "2"}, // as a glob gives them, the last one is the newest
        {{5h, 1h, 9h, 2h}, {6h, 1}, "013"},
        {{5h, 1h, 9h, 2h}, {90min, 3}, "013"},
        {{}, {1h, 1}, ""}};
    for (auto const& row : rows)
        BOOST_TEST_CONTEXT(&row - rows) BOOST_TEST(kept(row.ages, row.rule) == row.kept);
}

BOOST_AUTO_TEST_CASE(the_reason_is_for_a_person) {
    auto const both = reasons_to_keep({now - 90min, now - 5h}, {2h, 2}, now);
    BOOST_TEST(both[0] == "its last run ended 1h 30m ago");
    BOOST_TEST(both[1] == "it is one of the newest 2");
}

BOOST_AUTO_TEST_SUITE_END()
