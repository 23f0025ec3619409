// The board: counts of done, failed, open and waiting steps, and the time left.
#include "runner/report/board.hpp"

#include "tests/report/stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using namespace std::chrono_literals;
using engine::Verdict;

namespace {

Start start_of(std::uint64_t steps) {
    Start start;
    start.steps = steps;
    return start;
}

struct BoardStage {
    Board board{start_of(10)};
    Time now{};
    test::Story story{test::info_of(1)};

    void report(engine::Event const& event) { board.apply(event, story.state, now); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(board_of_a_run, BoardStage)

BOOST_AUTO_TEST_CASE(a_step_is_open_from_its_request_to_its_answer) {
    report(story.submitted());
    BOOST_TEST(board.open().size() == 1u);
    board.progress(story.key, 40);
    BOOST_TEST(board.open().begin()->second.percent.value() == 40);
    report(story.finished());
    BOOST_TEST(board.open().at(story.key).loading);
    BOOST_TEST(board.cost() == 26'000);
    BOOST_TEST(board.done() == 0u);
    report(story.saved());
    BOOST_TEST(board.open().empty());
    BOOST_TEST(board.done() == 1u);
    BOOST_TEST(board.left() == 9u);
    BOOST_TEST(board.images() == 1u);
    BOOST_TEST(board.bytes() == 1'400'000u);
}

BOOST_AUTO_TEST_CASE(a_failed_attempt_that_will_be_repeated_waits_and_then_is_open_again) {
    report(story.submitted());
    auto const busy = test::problem_of(Verdict::rate, "too_many_requests");
    board.wait({story.key, busy, 12s}, now);
    report(story.failed(busy, false));
    auto const& waiting = board.open().at(story.key);
    BOOST_TEST(waiting.problem.has_value());
    BOOST_TEST((waiting.again_at == now + 12s));
    BOOST_TEST(board.retries() == 1u);
    BOOST_TEST(board.failed() == 0u);
    report(story.submitted());
    BOOST_TEST(!board.open().at(story.key).problem);
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_shown_as_being_looked_up_and_is_no_retry) {
    report(story.submitted());
    auto const lost = test::problem_of(Verdict::unknown, "connection_reset");
    board.wait({story.key, lost, 0s}, now);
    report(story.failed(lost, false));
    BOOST_TEST(!board.open().at(story.key).again_at);
    BOOST_TEST(board.retries() == 0u);
    report(story.finished());
    BOOST_TEST(!board.open().at(story.key).problem);
}

BOOST_AUTO_TEST_CASE(a_step_whose_picture_is_not_wanted_is_done_with_its_answer) {
    story.info.download = false;
    report(story.submitted());
    report(story.finished());
    BOOST_TEST(board.open().empty());
    BOOST_TEST(board.done() == 1u);
}

BOOST_AUTO_TEST_CASE(a_picture_that_an_earlier_run_paid_for_is_not_counted_twice) {
    story.submitted();
    story.finished();
    report(story.saved());
    BOOST_TEST(board.images() == 1u);
    BOOST_TEST(board.done() == 0u); // it was counted as done from the start
}

BOOST_AUTO_TEST_CASE(an_attempt_that_ends_the_run_is_not_open_any_more) {
    report(story.submitted());
    report(story.failed(test::problem_of(Verdict::account), false));
    BOOST_TEST(board.open().empty());
    BOOST_TEST(board.failed() == 0u);
}

BOOST_AUTO_TEST_CASE(failed_and_skipped_steps_are_not_left_to_do) {
    report(story.submitted());
    report(story.failed(test::problem_of(Verdict::rejected), true));
    report(
        test::Story{test::info_of(1, "upscale4")}.next(engine::Skipped{test::info_of(1), "why"}));
    BOOST_TEST(board.failed() == 1u);
    BOOST_TEST(board.skipped() == 1u);
    BOOST_TEST(board.left() == 8u);
}

BOOST_AUTO_TEST_CASE(a_paid_step_without_its_image_is_failed_not_done) {
    report(story.submitted());
    report(story.finished());
    board.wait({story.key, test::problem_of(Verdict::download, "short"), 1s}, now);
    BOOST_TEST(board.open().at(story.key).name == "cars/1"); // it is still known by name
    report(story.failed(test::problem_of(Verdict::download), true));
    BOOST_TEST(board.done() == 0u);
    BOOST_TEST(board.failed() == 1u);
    BOOST_TEST(board.open().empty());
}

BOOST_AUTO_TEST_CASE(a_step_of_an_earlier_run_that_waits_is_known_by_name) {
    engine::Waiting waiting{story.key, test::problem_of(Verdict::download, "short"), 1s};
    auto const info = test::info_of(1);
    waiting.info = &info;
    board.wait(waiting, now);
    BOOST_TEST(board.name_of(story.key) == "cars/1");
}

BOOST_AUTO_TEST_CASE(an_unknown_step_is_called_by_its_key) {
    BOOST_TEST(board.name_of(test::key_of("x")) == to_hex(test::key_of("x")).substr(0, 12));
}

BOOST_AUTO_TEST_CASE(the_rest_takes_as_long_as_the_last_steps_did) {
    BOOST_TEST(!board.time_left(now));
    for (std::uint64_t item = 0; item < 4; ++item) {
        test::Story step{test::info_of(item)};
        now += 2s;
        board.apply(step.submitted(), step.state, now);
        board.apply(step.finished(), step.state, now);
        board.apply(step.saved(), step.state, now);
    }
    BOOST_TEST((board.time_left(now).value() == 12s)); // 6 left, one every 2 s
}

BOOST_AUTO_TEST_CASE(what_was_long_ago_says_nothing_about_the_speed) {
    Speed speed;
    speed.count(Time());
    speed.count(Time() + 1s);
    BOOST_TEST(speed.per_second(Time() + 2s).value() == 0.5);
    BOOST_TEST(!speed.per_second(Time() + 10min));
}

BOOST_AUTO_TEST_SUITE_END()
