// Which image offers which action, what it makes and what it costs.
#include "jobs/model/job_file.hpp"
#include "jobs/services/midjourney/model.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace darkroom::jobs;

namespace {

auto const& service = midjourney::model;

std::string list(std::vector<std::string_view> const& names) {
    std::string text;
    for (auto const name : names) text += (text.empty() ? "" : " ") + std::string(name);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(actions)

BOOST_AUTO_TEST_CASE(a_kind_offers_its_own_actions) {
    struct Row {
        std::string_view action;
        bool by_grid;
        bool by_single;
        ResultKind makes;
    };
    auto const grid = ResultKind::grid;
    auto const single = ResultKind::single;
    auto const text = ResultKind::text;
    Row const rows[] = {
        {"upscale1", true, false, single},
        {"variation4", true, false, grid},
        {"reroll", true, false, grid},
        {"upscale_2x", false, true, single},
        {"upscale_creative", false, true, single},
        {"variation_subtle", false, true, grid},
        {"zoom_out_1_5x", false, true, grid},
        {"pan_left", false, true, grid},
        {"square", false, true, grid},
        {"redo_upscale_4x", false, true, single},
        {"variation_region", true, true, grid},
        {"describe", true, true, text},
        {"seed", true, true, text},
        {"video", true, true, ResultKind::video},
        {"edit", false, false, ResultKind::edited},
        {"shorten", false, false, text},
        {"translate", false, false, text},
        {"generate", false, false, grid},
        {"colorize", true, true, single},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.action) {
            BOOST_TEST(service.can_offer(grid, row.action) == row.by_grid);
            BOOST_TEST(service.can_offer(single, row.action) == row.by_single);
            BOOST_TEST(!service.can_offer(text, row.action));
            BOOST_TEST(!service.can_offer(ResultKind::video, row.action));
            bool const by_any =
                !service.find_action(row.action) || service.is_taken_by_any(row.action);
            BOOST_TEST(service.can_offer(ResultKind::edited, row.action) == by_any);
            BOOST_TEST((service.made_by(row.action) == row.makes));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_glob_gives_what_the_kind_can_offer) {
    struct Row {
        std::string_view pattern;
        ResultKind kind;
        std::string_view found;
    };
    Row const rows[] = {
        {"upscale*", ResultKind::grid, "upscale1 upscale2 upscale3 upscale4"},
        {"variation*", ResultKind::grid, "variation1 variation2 variation3 variation4"},
        {"*3", ResultKind::grid, "upscale3 variation3"},
        {"upscale_*", ResultKind::single, "upscale_2x upscale_4x upscale_subtle upscale_creative"},
        {"pan_*", ResultKind::single, "pan_left pan_right pan_up pan_down"},
        {"pan_*", ResultKind::grid, ""},
        {"upscale2", ResultKind::grid, "upscale2"},
        {"variation_region", ResultKind::grid, "variation_region"},
        {"video*", ResultKind::single, ""},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.pattern)
        BOOST_TEST(list(service.matching_actions(row.pattern, row.kind)) == row.found);
    }
}

BOOST_AUTO_TEST_CASE(the_published_lists_have_nine_and_ten_actions) {
    int of_grid = 0;
    int of_single = 0;
    std::set<std::string_view> names;
    for (auto const& action : service.follow_ups) {
        BOOST_TEST(names.insert(action.name).second);
        if (!action.published) continue;
        ++(action.parent == ResultKind::grid ? of_grid : of_single);
    }
    BOOST_TEST(of_grid == 9);
    BOOST_TEST(of_single == 10);
    BOOST_TEST(!names.contains("generate"));
}

BOOST_AUTO_TEST_CASE(a_price_is_the_actions_own_or_its_class_or_the_default) {
    Prices prices;
    prices.otherwise = 1;
    prices.by_class = {{"upscale", 2}, {"upscale_4x", 3}, {"generate", 4}};
    BOOST_TEST(prices.of("generate") == 4);
    BOOST_TEST(prices.of("upscale1") == 2);
    BOOST_TEST(prices.of("upscale_4x") == 3);
    BOOST_TEST(prices.of("variation1") == 1);
    BOOST_TEST(prices.of("colorize") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
