// Changes of what is sent: the forms of values, and their effect on answers and streams.
#include "runner/studio/faults/change.hpp"
#include "tests/studio/fault_script.hpp"
#include "tests/studio/handler_fixture.hpp"

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

constexpr auto fault_change_cat = R"({"prompt": "a cat"})";

/// Returns the change of a rule for records.
Change change(std::string const& members) {
    auto faults = fault_script(R"({"on": "record", "do": "change", )" + members + "}");
    return faults.strike_record({FaultTarget::found, {}, {}}, {"task", 0s})->change;
}

} // namespace

BOOST_AUTO_TEST_SUITE(fault_changes)

BOOST_AUTO_TEST_CASE(each_form_of_a_value_is_what_it_says) {
    struct Row {
        char const* form;
        char const* from;
        char const* to;
    };
    for (auto const& [form, from, to] : std::initializer_list<Row>{
             {"text", "1763859634.5", R"("1763859634.5")"},
             {"text", R"({"prompt":"a"})", R"("{\"prompt\":\"a\"}")"},
             {"ms", "1763859634.5", "1763859634500"},
             {"us", "1763859634.5", "1763859634500000"},
             {"iso", "1763859634.5", R"("2025-11-23T01:00:34.500Z")"},
             {"ms", R"("soon")", R"("soon")"},
             {"iso", "null", "null"},
             {"trimmed", R"(" a  cat \n")", R"("a  cat")"},
             {"squeezed", R"(" a  cat\nin\ta hat")", R"("a cat in a hat")"},
             {"long_dash", R"("a --ar 1:1 --v 6")", "\"a \u2014ar 1:1 \u2014v 6\""},
             {"decomposed", "\"caf\u00e9\"", "\"cafe\u0301\""},
             {"composed", "\"cafe\u0301\"", "\"caf\u00e9\""},
             {"escaped", R"("a & b <c> \"d\" 'e'")",
              R"("a &amp; b &lt;c&gt; &quot;d&quot; &#39;e&#39;")"},
             {"extended", R"("a cat")", R"("a cat --fast")"},
             {"decimal", R"("a cat --v 6 --ar 3:2")", R"("a cat --v 6.0 --ar 3:2")"},
             {"decimal", R"("a cat --v 6.1 --seed 6")", R"("a cat --v 6.1 --seed 6")"},
             {"reordered", R"("a cat --v 6 --ar 3:2 --tile")", R"("a cat --tile --ar 3:2 --v 6")"},
             {"half_surrogate", R"("a")", R"("a\ud83d")"},
             {"bad_utf8", R"("a")", "\"a\xff\""}}) {
        auto const named = form_named(form);
        BOOST_REQUIRE_MESSAGE(named.has_value(), form);
        BOOST_TEST(json::write(in_form(json::read(from).value(), *named)) == to, form);
    }
    BOOST_TEST(!form_named("trimed").has_value());
    BOOST_TEST(unknown_form("trimed") == "'trimed' is not known, did you mean 'trimmed'?");
}

BOOST_AUTO_TEST_CASE(each_change_does_what_it_says) {
    struct Row {
        char const* members;
        char const* to;
    };
    constexpr auto from = R"({"id":"t","at":1.5,"request":{"prompt":"a  cat","n":null}})";
    for (auto const& [members, to] : std::initializer_list<Row>{
             {R"("set": {"x": {"y": 1}, "request.n": 7})",
              R"({"id":"t","at":1.5,"request":{"prompt":"a  cat","n":7},"x":{"y":1}})"},
             {R"("set": {"response.error": {}})", from}, // there is no response
             {R"("drop": "request")", R"({"id":"t","at":1.5})"},
             {R"("drop": ["at", "request.n", "nothing"])",
              R"({"id":"t","request":{"prompt":"a  cat"}})"},
             {R"("rename": {"id": "task_id", "request.n": "m"}, "drop": "at")",
              R"({"request":{"prompt":"a  cat","m":null},"task_id":"t"})"},
             {R"("show": {"request": "text"}, "drop": "at")",
              R"({"id":"t","request":"{\"prompt\":\"a  cat\",\"n\":null}"})"},
             {R"("show": {"request.prompt": ["squeezed", "extended"], "at": "ms"})",
              R"({"id":"t","at":1500,"request":{"prompt":"a cat --fast","n":null}})"},
             {R"("pad": 3, "drop": ["at", "request"])", R"({"id":"t","padding":"xxx"})"}})
        BOOST_TEST(json::write(changed(json::read(from).value(), change(members))) == to, members);
}

BOOST_AUTO_TEST_CASE(the_times_of_a_record_are_shifted_together) {
    constexpr auto from = R"({"created_at":100000.25,"started_at":null,"finished_at":100001})";
    auto const later = changed(json::read(from).value(), change(R"("shift": "8h")"));
    BOOST_TEST(json::write(later) ==
               R"({"created_at":128800.25,"started_at":null,"finished_at":128801})");
    auto const earlier = changed(json::read(from).value(), change(R"("shift": "-10m")"));
    BOOST_TEST(earlier.number("created_at").value() == 99400.25);
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_json_stays_as_it_is) {
    auto const padded = change(R"("pad": 1)");
    BOOST_TEST(changed_text("<html>\n", padded) == "<html>\n");
    BOOST_TEST(changed_text("{}\n", padded) == "{\"padding\":\"x\"}\n");
    BOOST_TEST(changed_text("{ }", Change()) == "{ }");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(changed_answers, HandlerFixture)

BOOST_AUTO_TEST_CASE(an_error_that_is_none_stands_beside_a_good_answer) {
    for (auto const* error : {R"("")", "{}", "[]", "false", R"({"code":0,"message":""})", "null"}) {
        HandlerFixture fixture;
        fixture.options.faults = fault_script(
            std::string(R"({"on": "imagine", "do": "change", "set": {"error": )") + error + "}}");
        auto const streamed = fixture.ask(imagine(fault_change_cat, true))->lines();
        BOOST_REQUIRE(streamed.size() == 3u);
        for (auto const& line : streamed) BOOST_TEST(json::write(*line.find("error")) == error);
        auto const plain = fixture.ask(imagine(fault_change_cat))->json();
        BOOST_TEST(json::write(*plain.find("error")) == error);
        BOOST_TEST(plain.integer("progress").value() == 100);
        auto const told = fixture.ask(imagine(R"({"prompt": "a cat", "async": true})"))->json();
        BOOST_TEST(json::write(*told.find("error")) == error);
        BOOST_TEST(told.find("task_id") != nullptr);
    }
}

BOOST_AUTO_TEST_CASE(one_line_of_a_stream_is_changed) {
    options.faults =
        fault_script(R"({"on": "imagine", "do": "change", "line": 2, "set": {"success": false}})");
    auto const lines = ask(imagine(fault_change_cat, true))->lines();
    BOOST_REQUIRE(lines.size() == 3u);
    BOOST_TEST(lines[0].boolean("success").value());
    BOOST_TEST(!lines[1].boolean("success").value());
    BOOST_TEST(lines[2].boolean("success").value());
}

BOOST_AUTO_TEST_CASE(an_answer_comes_under_another_content_type) {
    options.faults = fault_script(
        R"({"do": "change", "headers": {"content-type": "text/html; charset=utf-8"}})");
    for (bool const stream : {false, true}) {
        auto const call = ask(imagine(fault_change_cat, stream));
        BOOST_TEST(call->header("content-type") == "text/html; charset=utf-8");
        BOOST_TEST(!call->header("x-trace-id").empty());
        BOOST_TEST(call->lines().back().integer("progress").value() == 100);
    }
    BOOST_TEST(ask_tasks(R"({"id": "x"})")->header("content-type").starts_with("text/html"));
}

BOOST_AUTO_TEST_CASE(a_failure_that_is_none_ends_the_answer_but_not_the_task) {
    options.faults = fault_script(R"({"on": "imagine", "do": "false_fail", "code": "timeout",
        "message": "late", "after_lines": 1})");
    auto const streamed = ask(imagine(fault_change_cat, true));
    BOOST_TEST(streamed->finished);
    auto const lines = streamed->lines();
    BOOST_REQUIRE(lines.size() == 2u);
    BOOST_TEST(!lines[1].boolean("success").value());
    BOOST_TEST(lines[1].find("error")->text("code").value() == "timeout");
    BOOST_TEST(lines[1].find("error")->text("message").value() == "late");
    BOOST_TEST((lines[1].text("task_id") == lines[0].text("task_id")));
    auto const plain = ask(imagine(fault_change_cat));
    BOOST_TEST(plain->status == 504);
    BOOST_TEST(plain->json().find("error")->text("code").value() == "timeout");
    BOOST_TEST(state->ledger.totals().charged == 2u);
    BOOST_TEST(state->ledger.totals().failed == 0u);
    BOOST_TEST(state->ledger.totals().answered == 0u);
    auto const id = lines[0].text("task_id").value();
    BOOST_TEST(ask_tasks(R"({"id": ")" + id + R"("})")
                   ->json()
                   .find("response")
                   ->boolean("success")
                   .value());
}

BOOST_AUTO_TEST_CASE(a_failure_that_is_none_has_the_status_of_its_code) {
    options.faults = fault_script(R"({"do": "false_fail", "on": "imagine", "count": 1},
        {"do": "false_fail", "on": "imagine", "status": 429, "code": "busy"})");
    BOOST_TEST(ask(imagine(fault_change_cat))->status == 500);
    auto const call = ask(imagine(fault_change_cat));
    BOOST_TEST(call->status == 429);
    BOOST_TEST(call->json().find("error")->text("code").value() == "busy");
}

BOOST_AUTO_TEST_CASE(a_gateway_answers_before_or_after_with_any_page) {
    struct Row {
        char const* rule;
        int status;
        char const* type;
        std::uint64_t accepted;
    };
    for (auto const& [rule, status, type, accepted] : std::initializer_list<Row>{
             {R"("status", "status": 200, "body": "<h1>hello</h1>")", 200, "text/html", 0},
             {R"("status_after", "status": 200, "body": "")", 200, "application/json", 1},
             {R"("status_after", "status": 499)", 499, "application/json", 1},
             {R"("status_after", "status": 524, "body": "<p>", "headers":
                 {"content-type": "text/plain"})",
              524, "text/plain", 1},
             {R"("status", "status": 301, "headers": {"location": "https://elsewhere/"})", 301,
              "application/json", 0},
             {R"("status", "status": 400, "body": "{\"detail\": \"no such model\"}")", 400,
              "application/json", 0}}) {
        HandlerFixture fixture;
        fixture.options.faults =
            fault_script(std::string(R"({"on": "imagine", "do": )") + rule + "}");
        auto const call = fixture.ask(imagine(fault_change_cat));
        BOOST_TEST(call->status == status, rule);
        BOOST_TEST(call->header("content-type") == type, rule);
        BOOST_TEST(fixture.state->ledger.totals().accepted == accepted, rule);
    }
}

BOOST_AUTO_TEST_CASE(retry_after_comes_in_any_form) {
    for (auto const* value :
         {"2, 2", "4294967296", "-1", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"}) {
        HandlerFixture fixture;
        fixture.options.faults = fault_script(
            std::string(R"({"do": "status", "status": 429, "headers": {"retry-after": ")") + value +
            "\"}}");
        BOOST_TEST(fixture.ask(imagine(fault_change_cat))->header("retry-after") == value);
    }
}

BOOST_AUTO_TEST_SUITE_END()
