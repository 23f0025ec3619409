// Task records in the forms that services give them.
#include "runner/provider/midjourney/records.hpp"

#include "runner/base/time_text.hpp"
#include "runner/provider/service_wire.hpp"
#include "tests/provider/bodies.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace midjourney = provider::midjourney;
using engine::Answer;
using engine::Problem;
using engine::TaskRecord;
using engine::Verdict;

namespace {

std::vector<TaskRecord> tasks_in(json::Value const& answer) {
    engine::TaskQuery query;
    query.with_requests = true;
    return midjourney::read_tasks(answer, query);
}

/// Reads the one record of a listing.
TaskRecord listed(std::string const& item) {
    auto const value = provider::read_service_json(R"({"items":[)" + item + "]}").value();
    auto tasks = tasks_in(value);
    BOOST_REQUIRE(tasks.size() == 1u);
    return tasks.front();
}

TaskRecord with(std::string const& members) {
    return listed(R"({"id":"t","type":"imagine",)" + members + "}");
}

std::string said(std::string const& created_at) {
    auto const time = with("\"created_at\":" + created_at).created_at;
    return time == WallTime() ? "none" : format_rfc3339(time);
}

} // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(a_time_is_read_in_every_form) {
    std::string const moment = "2025-11-23T01:00:00.125Z";
    std::string const second = "2025-11-23T01:00:00.000Z";
    struct Case {
        char const* text;
        std::string time;
    };
    Case const cases[] = {
        {"1763859600.125", moment},
        {"1763859600", second},
        {"1763859600125", moment},
        {"1763859600125000", moment},
        {"1763859600125000000", moment},
        {"1.763859600125e9", moment},
        {R"("1763859600.125")", moment},
        {R"("1763859600125")", moment},
        {R"("1763859600125000000")", moment},
        {R"("2025-11-23T01:00:00.125Z")", moment},
        {R"("2025-11-23T01:00:00.125678Z")", moment},
        {R"("2025-11-23t01:00:00.125z")", moment},
        {R"("2025-11-23 01:00:00.125")", moment},
        {R"("2025-11-23T01:00:00,125")", moment},
        {R"("2025-11-23T01:00:00Z")", second},
        {R"(" 2025-11-23T01:00:00Z\n")", second},
        {R"("2025-11-23T09:00:00.125+08:00")", moment},
        {R"("2025-11-23T09:00:00.125+0800")", moment},
        {R"("2025-11-23T09:00:00.125+08")", moment},
        {R"("2025-11-22T20:30:00.125-04:30")", moment},
        {R"("2025-11-23 01:00:00 +0000")", second},
        {R"("Sun, 23 Nov 2025 01:00:00 GMT")", second},
        // none
        {"null", "none"},
        {"0", "none"},
        {"-1", "none"},
        {"1577836799", "none"},
        {"1577836800", "2020-01-01T00:00:00.000Z"},
        {"1e300", "none"},
        {"true", "none"},
        {"[]", "none"},
        {R"("")", "none"},
        {R"("0")", "none"},
        {R"("yesterday")", "none"},
        {R"("0001-01-01T00:00:00Z")", "none"},
        {R"("1970-01-01T00:00:00Z")", "none"},
        {R"("2025-13-23T01:00:00Z")", "none"},
        {R"("2025-11-23T25:00:00Z")", "none"},
        {R"("2025-11-23T01:00:00+8")", "none"},
        {R"("2025-11-23T01:00:00 and more")", "none"},
        {R"("2025-11-23")", "none"},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.text) { BOOST_TEST(said(row.text) == row.time); }
    }
    BOOST_TEST((with(R"("request":{})").created_at == WallTime()));
}

BOOST_AUTO_TEST_CASE(a_task_has_its_id_under_two_names) {
    BOOST_TEST(listed(R"({"id":"a","task_id":"b"})").task_id == "a");
    BOOST_TEST(listed(R"({"task_id":"b"})").task_id == "b");
    BOOST_TEST(listed(R"({"id":"","task_id":"b"})").task_id == "b");
    BOOST_TEST(listed(R"({"id":null,"task_id":"b"})").task_id == "b");
    BOOST_TEST(listed(R"({"id":17})").task_id == "17");
    BOOST_TEST(listed(R"({"id":{}})").task_id == "");
}

BOOST_AUTO_TEST_CASE(a_record_is_finished_by_any_form_of_a_time) {
    struct Case {
        char const* finished_at;
        bool finished;
    };
    Case const cases[] = {
        {"1763859634.5", true},
        {"1763859634500", true},
        {R"("1763859634.5")", true},
        {R"("2025-11-23T01:00:34Z")", true},
        {R"("2025-11-23 09:00:34+08:00")", true},
        {"null", false},
        {"0", false},
        {"false", false},
        {"true", false},
        {"{}", false},
        {R"("")", false},
        {R"("0")", false},
        {R"("0001-01-01T00:00:00Z")", false},
        {R"("soon")", false},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.finished_at) {
            auto const done = listed(record(row.finished_at, finished_line));
            BOOST_TEST(done.outcome.has_value() == row.finished);
            BOOST_TEST(!listed(record(row.finished_at, "")).outcome.has_value());
            BOOST_TEST(!listed(record(row.finished_at, R"("text")")).outcome.has_value());
            BOOST_TEST(!listed(record(row.finished_at, "null")).outcome.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_finished_record_ends_as_its_response_says) {
    struct Case {
        char const* response;
        std::optional<Verdict> verdict; // none: an answer
        char const* url = "";
    };
    Case const cases[] = {
        {R"({"success":true,"progress":100,"raw_image_url":"u"})", {}, "u"},
        {R"({"progress":100,"raw_image_url":"u"})", {}, "u"},
        {R"({"success":true})", {}},
        {R"({})", {}},
        {R"({"success":true,"error":{}})", {}},
        {R"({"success":false,"progress":100,"raw_image_url":"u","error":{}})", {}, "u"},
        {R"({"success":false,"progress":35,"raw_image_url":"u"})", Verdict::unknown},
        {R"({"success":false})", Verdict::unknown},
        {R"({"success":false,"error":{"code":0,"message":""}})", Verdict::unknown},
        {R"({"success":false,"error":{"code":"timeout"}})", Verdict::unknown},
        {R"({"success":false,"error":{"code":"api_error"}})", Verdict::generation},
        {R"({"success":false,"error":"it failed"})", Verdict::generation},
        {R"({"error":{"code":"forbidden"}})", Verdict::rejected},
        {R"({"detail":"it failed"})", Verdict::generation},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.response) {
            auto const outcome = listed(record("1763859634.5", row.response)).outcome.value();
            auto const* answer = std::get_if<Answer>(&outcome);
            auto const* problem = std::get_if<Problem>(&outcome);
            BOOST_TEST((answer != nullptr) == !row.verdict.has_value());
            if (answer != nullptr) {
                BOOST_TEST(answer->url == row.url);
                BOOST_TEST(answer->task_id == task);
            } else if (row.verdict) {
                BOOST_TEST(engine::name_of(problem->verdict) == engine::name_of(*row.verdict));
                BOOST_TEST(problem->task_id == task);
                BOOST_TEST(problem->trace_id == "bb01");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_request_is_read_as_an_object_and_as_json_text) {
    auto const object = with(R"("request":{"prompt":"boats  at\nsea","action":"generate"})");
    auto const text =
        with(R"("request":"{\"prompt\":\"boats  at\\nsea\",\"action\":\"generate\"}")");
    BOOST_TEST(object.marks.prompt.value() == "boats at sea");
    BOOST_TEST(text.marks.prompt.value() == "boats at sea");
    BOOST_TEST(object.request == R"({"prompt":"boats  at\nsea"})");
    BOOST_TEST(text.request == object.request);
    BOOST_TEST(object.marks.endpoint.value() == "/midjourney/imagine");
    BOOST_TEST(!listed(R"({"id":"t","request":{"prompt":"p"}})").marks.endpoint.has_value());
    for (auto const* unreadable :
         {R"("request":"{\"prompt\"")", R"("request":"boats")", R"("request":"[]")",
          R"("request":null)", R"("request":[1])", R"("request":7)", R"("hold":false)"}) {
        BOOST_TEST_CONTEXT(unreadable) {
            BOOST_TEST(!with(unreadable).marks.has_request);
            BOOST_TEST(!with(unreadable).marks.prompt.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_request_is_kept_whole_only_when_it_is_asked_for) {
    auto const answer = R"({"items":[{"id":"t","type":"imagine","request":{"prompt":"boats"}}]})";
    auto const value = provider::read_service_json(answer).value();
    auto const tasks = midjourney::read_tasks(value, engine::TaskQuery());
    BOOST_REQUIRE(tasks.size() == 1u);
    BOOST_TEST(tasks.front().request == "");
    BOOST_TEST(tasks.front().marks.prompt.value() == "boats");
}

BOOST_AUTO_TEST_CASE(members_of_the_services_own_change_no_mark) {
    auto const sent = with(R"("request":{"prompt":"boats","action":"generate","mode":"fast"})");
    auto const shown = with(
        R"("request":{"mode":"fast","action":null,"prompt":"boats","stream":false,"timeout":null,)"
        R"("version":"1.0","image_id":null,"trace_id":"x","application_id":"y",)"
        R"("callback_url":null})");
    auto const likeness = engine::compare(sent.marks, shown.marks, engine::TrustedMarks());
    BOOST_TEST((likeness == engine::Likeness::agrees));
}

BOOST_AUTO_TEST_CASE(a_callbacks_address_names_the_attempt) {
    struct Case {
        char const* address;
        char const* tag;
    };
    Case const cases[] = {
        {"http://h:1/callback/s3cret/0123456789abcdef", "0123456789abcdef"},
        {"https://h/x/0123456789abcdef?a=b/c", "0123456789abcdef"},
        {"http://h/0123456789abcdef/", ""},
        {"http://h/callback/0123456789ABCDEF", ""},
        {"http://h/callback/0123456789abcde", ""},
        {"http://h/callback/0123456789abcdef0", ""},
        {"http://h/callback/0123456789abcdeg", ""},
        {"0123456789abcdef", ""},
        {"", ""},
    };
    for (auto const& row : cases) {
        auto const address = std::string(R"("callback_url":")") + row.address + "\"";
        BOOST_TEST(with("\"request\":{" + address + "}").tag == row.tag, row.address);
    }
}

BOOST_AUTO_TEST_CASE(a_strangers_broken_text_hides_no_other_record) {
    for (std::string const broken : {"\\ud83d", "\\udc00", "\xFF", "\xED\xA0\x80", "a\xC3"}) {
        auto const stranger = R"({"id":"s","request":{"prompt":")" + broken + R"("}})";
        auto const page = R"({"items":[)" + stranger + "," + record("null", "") + "]}";
        auto const value = provider::read_service_json(page);
        BOOST_REQUIRE(value.has_value());
        auto const tasks = tasks_in(*value);
        BOOST_REQUIRE(tasks.size() == 2u);
        BOOST_TEST(tasks[0].task_id == "s");
        BOOST_TEST(tasks[0].marks.prompt.value().find("\xEF\xBF\xBD") != std::string::npos);
        BOOST_TEST(tasks[1].task_id == task);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
