// Frames of the bars: their text, and their size in any terminal.
#include "runner/report/bars.hpp"

#include "tests/report/stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using namespace std::chrono_literals;
using engine::Verdict;

namespace {

Start start_of_run() {
    Start start;
    start.steps = 600;
    start.done = 341;
    start.cost = 8'866'000;
    start.budget.cost = 20'000'000;
    return start;
}

/// A board with a finished, a running and a waiting step.
struct BarsStage {
    Board board{start_of_run()};
    Time now = Time(1h);

    BarsStage() {
        test::Story done{test::info_of(1)};
        board.apply(done.submitted(), done.state, now - 2s);
        board.apply(done.finished(), done.state, now - 1s);
        board.apply(done.saved(), done.state, now);
        auto info = test::info_of(12, "variation2");
        info.prompt = "a 火山 with 🚗, and a very long list of other things that will not fit";
        test::Story running{info};
        board.apply(running.submitted(), running.state, now);
        board.progress(running.key, 40);
        test::Story waiting{test::info_of(13)};
        board.apply(waiting.submitted(), waiting.state, now);
        auto const busy = test::problem_of(Verdict::rate, "too_many_requests", "slow down");
        board.wait({waiting.key, busy, 12s}, now);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(bars)

BOOST_AUTO_TEST_CASE(a_bar_is_filled_in_eighths) {
    struct Row {
        double share;
        std::string_view shown;
    };
    Row const rows[] = {{0, "[    ]"},       {1, "[████]"}, {0.5, "[██  ]"},
                        {0.03125, "[▏   ]"}, {2, "[████]"}, {-1, "[    ]"}};
    for (auto const& row : rows) BOOST_TEST(bar(row.share, 6) == row.shown);
    BOOST_TEST(bar(0.5, 2) == "  ");
}

BOOST_FIXTURE_TEST_CASE(a_frame_tells_counts_money_and_what_is_open_or_waits, BarsStage) {
    auto const lines = draw(board, now, Canvas{79, 24, false});
    BOOST_REQUIRE(lines.size() == 4u);
    BOOST_TEST(lines[0] ==
               "[█████████████████████▋                ]  342/600  57%  1 open  1 waiting");
    BOOST_TEST(lines[1] == "1 image, 1.4 MB   cost 8.892 of 20.00 USD");
    BOOST_TEST(lines[2] == "cars/12/variation2              [████      ]  40%  upscale4  a 火山 "
                           "with 🚗, a…");
    BOOST_TEST(lines[3] == "cars/13                         again in 12s: rate, too_many_requests: "
                           "slow do…");
}

BOOST_FIXTURE_TEST_CASE(no_line_is_wider_than_the_terminal_whatever_its_size, BarsStage) {
    for (std::size_t columns = 1; columns < 200; ++columns) {
        for (std::size_t rows : {1u, 3u, 5u, 24u, 80u}) {
            for (bool colour : {false, true}) {
                auto const lines = draw(board, now, Canvas{columns, rows, colour});
                for (auto const& line : lines) BOOST_TEST(inked_columns(line) <= columns);
                BOOST_TEST(lines.size() <= std::max<std::size_t>(2, rows / 2));
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_counted, BarsStage) {
    for (std::uint64_t item = 100; item < 130; ++item) {
        test::Story step{test::info_of(item)};
        board.apply(step.submitted(), step.state, now);
    }
    auto const lines = draw(board, now, Canvas{79, 12, false});
    BOOST_TEST(lines.size() == 6u);
    BOOST_TEST(lines.back() == "and 29 more");
}

BOOST_AUTO_TEST_CASE(an_empty_run_can_be_drawn) {
    Board const board{Start()};
    BOOST_TEST(draw(board, Time(), Canvas{60, 24, false})[0].find("0/0  100%") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
