// The four displays: the choice of one, and its output.
#include "runner/report/make_progress.hpp"

#include "runner/base/task_group.hpp"
#include "runner/base/text.hpp"
#include "tests/report/stage.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

using namespace darkroom;
using namespace darkroom::report;
using engine::Verdict;

namespace {

struct Stage : test::IoFixture {
    Stage() {
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        BOOST_REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    }
    ~Stage() {
        for (int const end : ends) ::close(end);
    }
    std::string shown() const {
        std::string all;
        std::array<char, 8192> buffer{};
        for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(got));
        return all;
    }
    /// Sends the events of a step that is submitted, waits, and fails finally.
    void send(Progress& progress) const {
        test::Story story{test::info_of(1)};
        auto const problem = test::problem_of(Verdict::rejected, "bad_request", "no");
        progress.on_event(story.submitted(), story.state);
        progress.on_progress(story.key, 10);
        progress.on_waiting({story.key, problem, std::chrono::seconds(1)});
        progress.on_event(story.failed(problem, true), story.state);
    }
    std::array<int, 2> ends{-1, -1};
};

std::size_t lines_in(std::string const& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(progress, Stage)

BOOST_AUTO_TEST_CASE(the_form_and_the_colour_follow_the_flags_then_the_environment) {
    struct Row {
        DisplayRequest asked;
        Form form;
        bool colour;
    };
    auto const asked = [](std::string form, bool terminal) {
        DisplayRequest out;
        out.progress = std::move(form);
        out.terminal = terminal;
        return out;
    };
    auto quiet = asked("auto", true);
    quiet.quiet = true;
    auto no_color = asked("auto", true);
    no_color.env_no_color = true;
    auto forced = asked("plain", false);
    forced.env_force = true;
    auto flag = forced;
    flag.no_colour = true;
    auto both = no_color;
    both.env_force = true;
    Row const rows[] = {
        {asked("auto", true), Form::bars, true},
        {asked("auto", false), Form::plain, false},
        {asked("bars", false), Form::bars, false},
        {asked("json", true), Form::json, true},
        {asked("none", true), Form::none, true},
        {quiet, Form::plain, true},
        {no_color, Form::bars, false},
        {forced, Form::plain, true},
        {flag, Form::plain, false},
        {both, Form::bars, true},
    };
    for (auto const& row : rows) {
        BOOST_TEST((choose(row.asked).form == row.form));
        BOOST_TEST(choose(row.asked).colour == row.colour);
    }
}

BOOST_AUTO_TEST_CASE(plain_writes_a_line_an_event_with_its_time) {
    Output out(ends[1]);
    auto const progress =
        make_progress(out, clock, DisplayOptions{Form::plain, false, false}, Start());
    send(*progress);
    auto const text = shown();
    BOOST_TEST(lines_in(text) == 3u);
    // The clock of the test says when the lines were written.
    BOOST_TEST(text.starts_with("2026-03-01T00:00:00.000Z  cars/1  submitted"), text);
    BOOST_TEST(text.find("cars/1  waiting    again in 1.0s: ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(quiet_writes_what_failed_for_good_and_nothing_else) {
    Output out(ends[1]);
    auto const progress =
        make_progress(out, clock, DisplayOptions{Form::plain, false, true}, Start());
    send(*progress);
    auto const text = shown();
    BOOST_TEST(lines_in(text) == 1u);
    BOOST_TEST(text.find("FAILED") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_writes_an_object_a_line) {
    Output out(ends[1]);
    auto const progress =
        make_progress(out, clock, DisplayOptions{Form::json, false, false}, Start());
    send(*progress);
    progress->say({"stopping", Ink::busy, false});
    auto const text = shown();
    std::string events;
    for (auto const line : split(text, '\n')) {
        if (line.empty()) continue;
        auto const value = json::read(line);
        BOOST_REQUIRE(value.has_value());
        events += value->text("event").value_or("?") + " ";
    }
    BOOST_TEST(events == "start submitted progress waiting failed note ");
}

BOOST_AUTO_TEST_CASE(none_writes_nothing) {
    Output out(ends[1]);
    auto const progress =
        make_progress(out, clock, DisplayOptions{Form::none, true, false}, Start());
    send(*progress);
    progress->finish();
    BOOST_TEST(shown().empty());
}

BOOST_AUTO_TEST_CASE(bars_draw_in_place_keep_failures_and_give_the_cursor_back) {
    Output out(ends[1]);
    auto const progress =
        make_progress(out, clock, DisplayOptions{Form::bars, false, false}, Start());
    TaskGroup tasks(executor());
    tasks.spawn(progress->run());
    poll();
    auto const first = shown();
    BOOST_TEST(first.starts_with("\x1b[?25l"));
    send(*progress);
    BOOST_TEST(shown().empty()); // nothing is drawn before the next frame
    clock.advance();
    poll();
    auto const second = shown();
    BOOST_TEST(second.starts_with("\x1b[2A\r\x1b[J"), "back over the two lines of the first frame");
    BOOST_TEST(second.find("FAILED") != std::string::npos);
    tasks.cancel();
    poll();
    progress->finish();
    auto const last = shown();
    BOOST_TEST(last.ends_with("\x1b[?25h"));
    progress->say({"after the end", Ink::plain, false});
    BOOST_TEST(shown() == "after the end\n");
}

BOOST_AUTO_TEST_CASE(bars_that_are_dropped_give_the_cursor_back_too) {
    Output out(ends[1]);
    {
        auto const progress =
            make_progress(out, clock, DisplayOptions{Form::bars, false, false}, Start());
        TaskGroup tasks(executor());
        tasks.spawn(progress->run());
        poll();
        tasks.cancel();
        poll();
    }
    BOOST_TEST(shown().ends_with("\x1b[?25h"));
}

BOOST_AUTO_TEST_SUITE_END()
