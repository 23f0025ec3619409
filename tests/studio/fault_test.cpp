// Faults: the requests that a rule strikes, reading of scripts, and the answers that clients see.
#include "runner/studio/faults/faults.hpp"
#include "runner/studio/faults/faulty_exchange.hpp"
#include "tests/studio/fault_script.hpp"
#include "tests/studio/handler_fixture.hpp"

#include "runner/base/text.hpp"

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

FaultSite const cat_site{FaultTarget::imagine, "a cat", "generate"};
constexpr auto cat = R"({"prompt": "a cat"})";

std::string hits(FaultScript script, FaultSite const& site, int requests) {
    std::string text;
    for (int i = 0; i < requests; ++i) text += script.strike(site) ? 'x' : '.';
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(a_rule_strikes_where_when_and_as_often_as_it_says) {
    struct Row {
        char const* rule;
        char const* struck;
    };
    for (auto const& [rule, struck] :
         std::initializer_list<Row>{{R"({"do": "cut"})", "xxxxxx"},
                                    {R"({"do": "cut", "on": "tasks"})", "......"},
                                    {R"({"do": "cut", "prompt": "cat"})", "xxxxxx"},
                                    {R"({"do": "cut", "prompt": "dog"})", "......"},
                                    {R"({"do": "cut", "action": "gen*"})", "xxxxxx"},
                                    {R"({"do": "cut", "action": "upscale*"})", "......"},
                                    {R"({"do": "cut", "nth": 3})", "..x..."},
                                    {R"({"do": "cut", "count": 2})", "xx...."},
                                    {R"({"do": "cut", "share": 0})", "......"}})
        BOOST_TEST(hits(fault_script(rule), cat_site, 6) == struck, rule);
}

BOOST_AUTO_TEST_CASE(the_first_rule_that_strikes_wins_and_all_count) {
    auto faults = fault_script(
        R"({"do": "cut", "nth": 2}, {"do": "end", "nth": 2}, {"do": "stall", "nth": 3})");
    BOOST_TEST(!faults.strike(cat_site).has_value());
    BOOST_TEST((faults.strike(cat_site)->kind == FaultKind::cut));
    BOOST_TEST((faults.strike(cat_site)->kind == FaultKind::stall));
    BOOST_TEST(faults.strikes() == (std::vector<std::uint64_t>{1, 0, 1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_share_is_that_part_and_the_same_each_time) {
    auto const faults = fault_script(R"({"do": "cut", "share": 0.25})");
    auto const first = hits(faults, cat_site, 4000);
    auto const count = std::count(first.begin(), first.end(), 'x');
    BOOST_TEST(count > 900);
    BOOST_TEST(count < 1100);
    BOOST_TEST((hits(faults, cat_site, 4000) == first));
}

BOOST_AUTO_TEST_CASE(a_wrong_script_says_which_fault_and_which_key) {
    struct Row {
        char const* rule;
        char const* part;
    };
    for (auto const& [rule, part] : std::initializer_list<Row>{
             {R"(7)", "fault 1: a rule is an object"},
             {R"({})", "'do' says what goes wrong"},
             {R"({"do": "cutt"})", "did you mean 'cut'?"},
             {R"({"do": "cut"}, {"do": "cut", "promt": "x"})",
              "fault 2: unknown key 'promt', did you mean 'prompt'?"},
             {R"({"do": "cut", "on": "images"})", "'on': 'images' is not known"},
             {R"({"do": "cut", "nth": -1})", "'nth'"},
             {R"({"do": "cut", "share": 2})", "'share' is from 0 to 1"},
             {R"({"do": "stall", "time": "soon"})", "'time' is a time"},
             {R"({"do": "status", "status": 100})", "'status' is from 200"},
             {R"({"do": "status", "headers": {"a": "b\r\nc: d"}})", "would break the message"},
             {R"({"do": "change"})", "nothing is changed"},
             {R"({"do": "change", "set": ["a"]})", "'set' is an object"},
             {R"({"do": "change", "drop": [1, {}]})", "'drop' is a list of texts"},
             {R"({"do": "change", "show": {"a": "isoo"}})", "did you mean 'iso'?"},
             {R"({"do": "change", "show": {"a": ["ms", 1]}})", "'show': '1' is not known"},
             {R"({"do": "change", "shift": "soon"})", "'shift' is a time such as"},
             {R"({"do": "change", "pad": 99999999999})", "'pad' is at most"},
             {R"({"do": "change", "pad": 1, "line": 0})", "'line' is counted from 1"},
             {R"({"do": "change", "pad": 1, "on": "file"})", "only for anything but file"},
             {R"({"do": "cut", "set": {"a": 1}})", "'set' is only for do: change"},
             {R"({"do": "cut", "newest": 1})", "'newest' is only for do: list"},
             {R"({"do": "fail", "times": 1})", "'times' is only for on: record"},
             {R"({"do": "cut", "on": "record"})", "'cut' is only for requests and callbacks"},
             {R"({"do": "hide"})", "'hide' is only for record, listed or found"},
             {R"({"do": "list", "on": "tasks"})", "'list' is only for listing"},
             {R"({"do": "list", "on": "listing", "order": "random"})", "'order': 'random' is not"},
             {R"({"do": "list", "on": "listing", "ignore": "ofset"})", "did you mean 'offset'?"},
             {R"({"do": "false_fail"})", "'false_fail' is only for imagine, edits"}}) {
        auto const value = json::read(std::string("{\"faults\": [") + rule + "]}").value();
        auto const read = read_fault_script(value);
        BOOST_REQUIRE_MESSAGE(!read.has_value(), rule);
        BOOST_TEST(read.error().detail.find(part) != std::string::npos, read.error().detail);
    }
    BOOST_TEST(!read_fault_script(json::Value()).has_value());
    auto const place_of = [](std::size_t rule, std::string_view key) {
        return "f:" + std::to_string(rule) + "." + std::string(key);
    };
    auto const placed =
        read_fault_script(json::read(R"({"faults": [{"do": "cutt"}]})").value(), place_of);
    BOOST_TEST(placed.error().detail.starts_with("f:0.do: fault 1: "), placed.error().detail);
}

BOOST_AUTO_TEST_CASE(retry_after_comes_in_seconds_or_as_a_date) {
    WallTime const now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h};
    auto faults =
        fault_script(R"({"do": "status", "status": 429, "retry_after": "2500ms", "count": 1},
        {"do": "status", "status": 429, "retry_after": "3s", "retry_after_date": true})");
    auto const seconds = status_reply(*faults.strike(cat_site), now);
    BOOST_TEST(http::find_header(seconds.headers, "retry-after").value() == "3");
    auto const date = status_reply(*faults.strike(cat_site), now);
    BOOST_TEST(http::find_header(date.headers, "retry-after").value() ==
               "Mon, 23 Nov 2026 12:00:03 GMT");
    BOOST_TEST(date.status == 429);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(struck_requests, HandlerFixture)

BOOST_AUTO_TEST_CASE(a_reset_before_acceptance_makes_no_task) {
    options.faults = fault_script(R"({"do": "reset_before"})");
    auto const call = ask(imagine(cat));
    BOOST_TEST(call->was_reset);
    BOOST_TEST(call->status == 0);
    BOOST_TEST(state->ledger.totals().accepted == 0u);
}

BOOST_AUTO_TEST_CASE(a_reset_after_acceptance_makes_a_task_that_is_charged_once) {
    options.faults = fault_script(R"({"do": "reset_after"})");
    for (bool const stream : {false, true}) {
        auto const call = ask(imagine(cat, stream));
        BOOST_TEST(call->was_reset);
        BOOST_TEST(call->body.empty());
    }
    BOOST_TEST(state->ledger.totals().charged == 2u);
    BOOST_TEST(state->ledger.totals().answered == 0u);
}

BOOST_AUTO_TEST_CASE(a_stream_is_cut_between_lines_inside_one_or_left_without_its_end) {
    struct Row {
        char const* rule;
        std::size_t newlines;
        bool cut;
    };
    for (auto const& [rule, newlines, cut] :
         std::initializer_list<Row>{{R"({"do": "cut", "after_lines": 0})", 0, true},
                                    {R"({"do": "cut", "after_lines": 1})", 1, true},
                                    {R"({"do": "cut", "after_bytes": 40})", 0, true},
                                    {R"({"do": "cut", "after_bytes": 700})", 1, true},
                                    {R"({"do": "end", "after_lines": 2})", 2, false}}) {
        HandlerFixture fixture;
        fixture.options.faults = fault_script(rule);
        auto const call = fixture.ask(imagine(cat, true));
        auto const count = std::count(call->body.begin(), call->body.end(), '\n');
        BOOST_TEST(static_cast<std::size_t>(count) == newlines, rule);
        BOOST_TEST(call->was_cut == cut, rule);
        BOOST_TEST(call->finished == !cut, rule);
        BOOST_TEST(fixture.state->ledger.totals().charged == 1u);
        if (std::string(rule).find("after_bytes") != std::string::npos)
            BOOST_TEST((call->body.size() == 40 || call->body.size() == 700));
    }
}

BOOST_AUTO_TEST_CASE(a_stall_is_silence_and_then_a_cut) {
    options.faults = fault_script(R"({"do": "stall", "after_lines": 1, "time": "90s"})");
    auto call = exchange(imagine(cat, true));
    auto const start = clock.now();
    settle(*call);
    BOOST_TEST(call->lines().size() == 1u);
    BOOST_TEST(call->was_cut);
    BOOST_TEST((clock.now() - start == 620ms + 90s));
}

BOOST_AUTO_TEST_CASE(a_status_takes_the_place_of_the_answer) {
    options.faults = fault_script(R"({"do": "status", "status": 503, "body": "<h1>busy</h1>"})");
    auto const call = ask(imagine(cat));
    BOOST_TEST(call->status == 503);
    BOOST_TEST(call->header("content-type") == "text/html");
    BOOST_TEST(state->ledger.totals().accepted == 0u);
}

BOOST_AUTO_TEST_CASE(a_status_after_acceptance_hides_a_task_that_is_charged_once) {
    options.faults = fault_script(R"({"do": "status_after", "status": 504})");
    for (bool const stream : {false, true}) {
        auto const call = ask(imagine(cat, stream));
        BOOST_TEST(call->status == 504);
        BOOST_TEST(call->body.empty());
    }
    BOOST_TEST(state->ledger.totals().charged == 2u);
    BOOST_TEST(state->ledger.totals().answered == 0u);
}

BOOST_AUTO_TEST_CASE(a_failed_task_is_reported_and_not_charged) {
    options.faults = fault_script(R"({"do": "fail", "code": "api_error", "message": "no luck"})");
    auto const streamed = ask(imagine(cat, true));
    auto const last = streamed->lines().back();
    BOOST_TEST(streamed->lines().size() == 3u);
    BOOST_TEST(!last.boolean("success").value());
    BOOST_TEST(last.find("error")->text("message").value() == "no luck");
    auto const plain = ask(imagine(cat));
    BOOST_TEST(plain->status == 500);
    BOOST_TEST(plain->json().find("error")->text("code").value() == "api_error");
    BOOST_TEST(state->ledger.totals().charged == 0u);
    BOOST_TEST(state->ledger.totals().failed == 2u);
}

BOOST_AUTO_TEST_CASE(dribbled_bytes_are_the_same_bytes) {
    options.faults = fault_script(R"({"do": "dribble", "bytes": 7, "time": "1ms"})");
    auto const call = ask(imagine(cat, true));
    BOOST_TEST(call->lines().size() == 3u);
    BOOST_TEST(call->times.size() > 100u);
    BOOST_TEST(call->finished);
}

BOOST_AUTO_TEST_CASE(a_long_line_is_still_one_line) {
    options.faults = fault_script(R"({"do": "long_line"})");
    auto const call = ask(imagine(cat, true));
    BOOST_TEST(call->lines().size() == 3u);
    BOOST_TEST(call->body.find('\n') > (3u << 20));
    BOOST_TEST(call->lines()[0].integer("progress").value() == 31);
}

BOOST_AUTO_TEST_CASE(looking_up_tasks_can_fail_too) {
    options.faults = fault_script(R"({"on": "tasks", "do": "status", "status": 502, "count": 1})");
    BOOST_TEST(ask_tasks(R"({"id": "x"})")->status == 502);
    BOOST_TEST(ask_tasks(R"({"id": "x"})")->status == 200);
}

BOOST_AUTO_TEST_CASE(a_follow_up_is_known_by_its_first_prompt) {
    options.faults = fault_script(R"({"prompt": "cat", "action": "upscale1", "do": "fail"})");
    auto const grid = image_of(cat);
    BOOST_TEST(ask(imagine(follow_up("upscale1", grid)))->status == 500);
}

BOOST_AUTO_TEST_SUITE_END()
