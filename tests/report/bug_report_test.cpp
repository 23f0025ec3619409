// A bug report is JSON without a secret in it.
#include "runner/report/bug_report.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace darkroom;
using namespace darkroom::report;

namespace {

std::string const token = "sk-live/7Q+x=9&token";

struct Fixture {
    Fixture() { secrets.add(token); }
    Secrets secrets;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(bug_reports, Fixture)

BOOST_AUTO_TEST_CASE(what_must_not_be_shown_is_replaced) {
    struct Row {
        std::string json, expected;
    };
    Row const rows[] = {
        {R"({"a":"plain"})", R"({"a":"plain"})"},
        {R"({"a":"x )" + token + R"( y"})", R"({"a":"x TOKEN y"})"},
        {R"({"a":"sk-live%2F7Q%2Bx%3D9%26token"})", R"({"a":"TOKEN"})"},
        {R"({"a":"sk-live\/7Q+x=9&token"})", R"({"a":"TOKEN"})"},
        {R"({"a":"Authorization: Bearer abcdef0123456789"})",
         R"({"a":"Authorization: Bearer TOKEN"})"},
        {R"({"a":"bearer of bad news"})", R"({"a":"bearer of bad news"})"},
        {R"({"a":"Bearer "})", R"({"a":"Bearer "})"},
        {R"({"a":"https://me:pass@host/x@y"})", R"({"a":"https://TOKEN@host/x@y"})"},
        {R"({"a":"socks5://me@host http://host/@"})",
         R"({"a":"socks5://TOKEN@host http://host/@"})"},
        {R"({"a":"://","b":"me@host"})", R"({"a":"://","b":"me@host"})"},
    };
    for (auto const& row : rows) BOOST_TEST(redacted(row.json, secrets) == row.expected);
}

BOOST_AUTO_TEST_CASE(it_is_one_object_with_a_line_for_each_row) {
    BugReport bundle(secrets);
    bundle.add("darkroom_report", 1);
    json::Value row;
    row.set("prompt", "a fox named " + token);
    bundle.add_rows("journal", {row, row});
    bundle.add_rows("exchanges", {});
    bundle.add_problem("counts", "no such file");
    auto const text = bundle.text();
    BOOST_TEST(text == R"({
"darkroom_report": 1,
"journal": [
  {"prompt":"a fox named TOKEN"},
  {"prompt":"a fox named TOKEN"}
],
"exchanges": [],
"problems": [
  {"section":"counts","message":"no such file"}
]
}
)");
    BOOST_TEST(json::read(text).has_value());
}

BOOST_AUTO_TEST_CASE(a_secret_within_json_within_json_is_found) {
    BugReport bundle(secrets);
    json::Value row;
    row.set("text", R"({"prompt": "sk-live\u002f7Q\u002bx=9\u0026token"})");
    row.set(token, json::Array{json::Value("sk-live%2f7Q%2bx%3d9%26token")});
    bundle.add("settings", row);
    BOOST_TEST(bundle.text() == "{\n\"settings\": {\"text\":\"{\\\"prompt\\\": \\\"TOKEN\\\"}\","
                                "\"TOKEN\":[\"TOKEN\"]},\n\"problems\": []\n}\n");
}

BOOST_AUTO_TEST_CASE(without_sections_it_is_json_too) {
    BugReport const bundle(secrets);
    BOOST_TEST(json::read(bundle.text()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
