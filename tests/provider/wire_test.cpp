#include "runner/provider/midjourney/answers.hpp"
#include "runner/provider/midjourney/records.hpp"
#include "runner/provider/submit_reader.hpp"
#include "tests/provider/bodies.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using provider::SubmitReader;
namespace midjourney = provider::midjourney;

namespace {

json::Value value_of(std::string_view text) { return json::read(text).value(); }

std::vector<engine::TaskRecord> tasks_of(json::Value const& answer) {
    engine::TaskQuery query;
    query.with_requests = true;
    return midjourney::read_tasks(answer, query);
}

struct Progress : engine::ProgressSink {
    void on_task(std::string const& id) override { tasks.push_back(id); }
    void on_percent(int percent) override { percents.push_back(percent); }
    std::vector<std::string> tasks;
    std::vector<int> percents;
};

/// Reads these lines.
struct Heard {
    explicit Heard(std::vector<std::string> const& lines) {
        for (auto const& line : lines) {
            auto const flow = reader.on_line(line);
            if (!flow || *flow == net::LineSink::Flow::enough) break;
        }
        reader.finish();
    }
    Progress progress;
    SubmitReader reader{progress, provider::default_wire(), "/midjourney/imagine"};
};

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::size_t from = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', from)) {
        lines.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    lines.push_back(text.substr(from));
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire)

BOOST_AUTO_TEST_CASE(a_finished_answer_is_read_whole) {
    auto const event = midjourney::read_event(value_of(finished_line));
    BOOST_REQUIRE(event && event->answer);
    auto const& answer = *event->answer;
    BOOST_TEST(answer.task_id == task);
    BOOST_TEST(answer.image_id == "1234197197067915365");
    BOOST_TEST(answer.url == "https://cdn.example/a/1/x.png?ex=662fdb36&is=662e89b6&hm=ca&");
    BOOST_TEST(answer.width == 2048);
    BOOST_TEST(answer.height == 1024);
    BOOST_TEST(answer.actions.size() == 2u);
    BOOST_TEST(answer.sub_urls.empty());
}

BOOST_AUTO_TEST_CASE(finished_means_all_the_way_with_actions) {
    struct Case {
        char const* text;
        bool finished;
    };
    Case const cases[] = {
        {R"({"success":true,"progress":35,"actions":[]})", false},
        {R"({"success":true,"progress":100,"actions":[]})", false},
        {R"({"success":true,"progress":100,"actions":["upscale1"]})", true},
        {R"({"success":true,"progress":"100","actions":["upscale1"]})", true},
        {R"({"success":true,"progress":99.9,"actions":["upscale1"]})", false},
        {R"({"success":true,"progress":100})", true},
        {R"({"success":true,"progress":100,"actions":null})", true},
        {R"({"success":true,"actions":["upscale1"]})", false},
        {R"({"success":true})", false},
        {R"({})", false},
        {R"([100])", false},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.text) {
            BOOST_TEST(midjourney::is_finished(value_of(row.text)) == row.finished);
        }
    }
}

BOOST_AUTO_TEST_CASE(sizes_and_ids_come_as_numbers_and_as_strings) {
    auto const answer = midjourney::read_answer(
        value_of(R"({"image_id":1234197197067915365,"task_id":"t","raw_image_url":"u",)"
                 R"("raw_image_width":"2048","raw_image_height":-1})"));
    BOOST_TEST(answer.image_id == "1234197197067915365");
    BOOST_TEST(answer.width == 2048);
    BOOST_TEST(answer.height == 0);
}

BOOST_AUTO_TEST_CASE(tiles_edits_and_videos_have_their_links) {
    auto const split = midjourney::read_answer(
        value_of(R"({"raw_image_url":"r","sub_image_urls":["1","2","3","4"]})"));
    BOOST_TEST(split.url == "r");
    BOOST_TEST(split.sub_urls.size() == 4u);
    auto const thumb_only = midjourney::read_answer(
        value_of(R"({"image_url":"i","image_width":960,"image_height":1200})"));
    BOOST_TEST(thumb_only.url == "i");
    BOOST_TEST(thumb_only.width == 960);
    auto const video = midjourney::read_answer(value_of(
        R"({"image_url":"cover","image_width":5,"video_urls":["a","b"],"video_id":"17"})"));
    BOOST_TEST(video.image_id == "17");
    BOOST_TEST(video.url == "a");
    BOOST_TEST(video.sub_urls.at(0) == "b");
    BOOST_TEST(video.width == 0);
}

BOOST_AUTO_TEST_CASE(a_gap_among_the_links_keeps_the_places_of_the_others) {
    using Links = std::vector<std::string>;
    auto const tiles = [](std::string const& list) {
        return midjourney::read_answer(
                   value_of(R"({"raw_image_url":"r","sub_image_urls":)" + list + "}"))
            .sub_urls;
    };
    BOOST_TEST(tiles(R"(["1",null,"","4"])") == (Links{"1", "", "", "4"}),
               boost::test_tools::per_element());
    BOOST_TEST(tiles(R"([7,{"url":"2"},"3"])") == (Links{"", "", "3"}),
               boost::test_tools::per_element());
    BOOST_TEST(tiles(R"(["1","2","3","4","5","6","7"])").size() ==
               5u); // the fifth shows that there were more
    for (auto const* none : {"null", "[]", "{}", R"("1")"}) BOOST_TEST(tiles(none).empty(), none);
    auto const videos = [](std::string const& list) {
        return midjourney::read_answer(value_of(R"({"video_urls":)" + list + "}"));
    };
    BOOST_TEST(videos(R"(["a",null,"c"])").sub_urls == (Links{"", "c"}),
               boost::test_tools::per_element());
    std::string many = R"(["0")";
    for (int i = 1; i < 40; ++i) many += R"(,"x")";
    BOOST_TEST(videos(many + "]").sub_urls.size() == 16u);
}

BOOST_AUTO_TEST_CASE(a_text_is_read_from_the_member_of_its_endpoint) {
    struct Case {
        char const* body;
        char const* member;
        char const* text; // null: no answer
    };
    Case const cases[] = {
        {R"({"descriptions":["a","b --ar 1:1"]})", "descriptions", "a\nb --ar 1:1"},
        {R"({"prompts":["one"],"cost":0.1,"elapsed":1})", "prompts", "one"},
        {R"({"content":"rain","task_id":"t"})", "content", "rain"},
        {R"({"seed":"2718281828"})", "seed", "2718281828"},
        {R"({"seed":2718281828})", "seed", "2718281828"},
        {R"({"prompts":[]})", "prompts", nullptr},
        {R"({"seed":"7"})", "descriptions", nullptr},
        {R"({"seed":"7","error":{"code":"bad_request"}})", "seed", nullptr},
        {R"({"seed":"7","task_id":"t","progress":50})", "", nullptr}, // of a drawing: no result
    };
    for (auto const& one : cases) {
        BOOST_TEST_CONTEXT(one.body) {
            auto const event = midjourney::read_event(value_of(one.body), one.member);
            bool const answered = event && event->answer;
            BOOST_TEST(answered == (one.text != nullptr));
            if (answered && one.text) BOOST_TEST(event->answer->text == one.text);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_record_of_a_text_tells_its_endpoint_and_its_result) {
    auto const records = tasks_of(value_of(
        R"({"items":[{"id":"1","type":"describe","created_at":1,"finished_at":2,)"
        R"("request":{"image_url":"u"},"response":{"success":true,"descriptions":["a","b"]}},)"
        R"({"id":"2","type":"imagine","request":{"prompt":"p"}},)"
        R"({"id":"3","type":"of tomorrow","request":{"prompt":"p"}}]})"));
    BOOST_REQUIRE(records.size() == 3u);
    BOOST_TEST(records[0].endpoint == "/midjourney/describe");
    BOOST_TEST(std::get<engine::Answer>(records[0].outcome.value()).text == "a\nb");
    BOOST_TEST(records[1].endpoint == "/midjourney/imagine");
    BOOST_TEST(records[2].endpoint == "");
}

BOOST_AUTO_TEST_CASE(errors_are_read_in_all_their_forms) {
    struct Case {
        char const* text;
        bool error;
        char const* code;
        char const* message;
    };
    Case const cases[] = {
        {R"({"error":{"code":"bad_request","message":"no prompt"}})", true, "bad_request",
         "no prompt"},
        {R"({"success":false,"error":{"code":"api_error"}})", true, "api_error", ""},
        {R"({"error":"Unauthorized"})", true, "", "Unauthorized"},
        {R"({"error":{"code":404}})", true, "404", ""},
        {R"({"error":{"code":0,"message":"no"}})", true, "", "no"},
        {R"({"error":{"message":"no"}})", true, "", "no"},
        {R"({"detail":"Not Found"})", true, "", "Not Found"},
        {R"({"success":false,"detail":"no"})", true, "", "no"},
        {R"({"detail":{"code":"forbidden","message":"no"}})", true, "forbidden", "no"},
        {R"({"detail":[{"msg":"field required"}]})", true, "", R"([{"msg":"field required"}])"},
        {R"({"detail":"of a picture","task_id":"t","progress":50})", false, "", ""},
        {R"({"success":false})", false, "", ""},
        {R"({"success":false,"error":null,"code":"c","message":"m"})", false, "", ""},
        {R"({"success":true,"error":null})", false, "", ""},
        {R"({"error":""})", false, "", ""},
        {R"({"error":" \n"})", false, "", ""},
        {R"({"error":false})", false, "", ""},
        {R"({"error":true})", false, "", ""},
        {R"({"error":0})", false, "", ""},
        {R"({"error":{}})", false, "", ""},
        {R"({"error":[]})", false, "", ""},
        {R"({"error":["x"]})", false, "", ""},
        {R"({"error":{"code":0,"message":""}})", false, "", ""},
        {R"({"error":{"code":"0","message":null}})", false, "", ""},
        {R"({"error":{"code":"","message":" "}})", false, "", ""},
        {R"({"error":{"type":"x"}})", false, "", ""},
        {R"({"detail":""})", false, "", ""},
        {R"({"detail":[]})", false, "", ""},
        {R"({"success":true})", false, "", ""},
        {R"("Unauthorized")", false, "", ""},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.text) {
            auto const error = midjourney::read_error(value_of(row.text));
            BOOST_TEST(error.has_value() == row.error);
            BOOST_TEST(error.value_or(provider::ServiceError()).code == row.code);
            BOOST_TEST(error.value_or(provider::ServiceError()).message == row.message);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_stream_tells_its_task_once_and_its_progress_always) {
    Heard const heard({preview_line(35), preview_line(75), finished_line, preview_line(99)});
    BOOST_TEST(heard.progress.tasks == std::vector<std::string>{task},
               boost::test_tools::per_element());
    BOOST_TEST(heard.progress.percents == (std::vector<int>{35, 75, 100}),
               boost::test_tools::per_element());
    BOOST_REQUIRE(heard.reader.answer());
    BOOST_TEST(heard.reader.answer()->image_id == "1234197197067915365");
}

BOOST_AUTO_TEST_CASE(a_preview_is_no_answer) {
    Heard const heard({preview_line(35), preview_line(100)});
    BOOST_TEST(!heard.reader.answer());
    BOOST_TEST(!heard.reader.error());
    BOOST_TEST(heard.reader.task_id() == task);
}

BOOST_AUTO_TEST_CASE(a_failing_last_line_is_heard) {
    Heard const heard({preview_line(40), failed_line});
    BOOST_REQUIRE(heard.reader.error());
    BOOST_TEST(heard.reader.error()->code == "api_error");
    BOOST_TEST(heard.reader.trace_id() == "9d1c");
    BOOST_TEST(heard.reader.task_id() == task);
}

BOOST_AUTO_TEST_CASE(an_answer_printed_over_many_lines_is_the_same) {
    Heard const heard(lines_of(printed_answer));
    BOOST_REQUIRE(heard.reader.answer());
    BOOST_TEST(heard.reader.answer()->actions.size() == 2u);
    BOOST_TEST(heard.progress.tasks.size() == 1u);
}

BOOST_AUTO_TEST_CASE(rubbish_between_lines_does_not_hide_the_answer) {
    Heard const heard(
        {"<p>", "{}", "null", "\"upscale1\"", preview_line(35), "{broken", finished_line});
    BOOST_TEST(heard.reader.answer().has_value());
    Heard const page({"<html>", "<p>502</p>", "</html>"});
    BOOST_TEST(!page.reader.heard_service());
}

BOOST_AUTO_TEST_CASE(an_error_that_is_none_changes_nothing) {
    for (auto const* none : {R"("error":null)", R"("error":"")", R"("error":{})", R"("error":[])",
                             R"("error":false)", R"("error":{"code":0,"message":""})"}) {
        BOOST_TEST_CONTEXT(none) {
            auto const with = [none](std::string line) {
                return line.insert(1, none + std::string(","));
            };
            Heard const heard({with(preview_line(35)), with(finished_line)});
            BOOST_TEST(heard.reader.answer().has_value());
            BOOST_TEST(!heard.reader.error());
            auto const tasks = tasks_of(value_of(record("1763859634.5", with(finished_line))));
            BOOST_TEST(std::holds_alternative<engine::Answer>(tasks.at(0).outcome.value()));
        }
    }
}

BOOST_AUTO_TEST_CASE(denied_success_without_a_reason_is_neither_an_answer_nor_an_error) {
    auto const denied = [](std::string line) {
        return line.replace(line.find(R"("success":true)"), 14, R"("success":false)");
    };
    Heard const heard({denied(preview_line(35)), denied(finished_line)});
    BOOST_TEST(!heard.reader.answer());
    BOOST_TEST(!heard.reader.error());
    BOOST_TEST(heard.reader.task_id() == task);
    Heard const preview({denied(preview_line(35)), finished_line});
    BOOST_TEST(preview.reader.answer().has_value());
    Heard const alone({R"({"success":false})"});
    BOOST_TEST(alone.reader.heard_service());
    BOOST_TEST(!alone.reader.error());
}

BOOST_AUTO_TEST_CASE(a_broken_character_loses_no_line) {
    auto line = finished_line;
    line.insert(1, "\"prompt\":\"\\ud83d \xFF\",");
    Heard const heard({line});
    BOOST_TEST(heard.reader.answer().has_value());
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_names_the_task_and_nothing_more) {
    Heard const heard({R"({"task_id":"t1","success":true})"});
    BOOST_TEST(heard.reader.task_id() == "t1");
    BOOST_TEST(heard.reader.heard_service());
    BOOST_TEST(!heard.reader.answer());
}

BOOST_AUTO_TEST_CASE(a_record_is_done_by_its_finish_time_and_its_response) {
    auto const pending = tasks_of(value_of(record("null", "")));
    BOOST_REQUIRE(pending.size() == 1u);
    BOOST_TEST(!pending[0].outcome.has_value());
    BOOST_TEST((pending[0].created_at == WallTime(std::chrono::milliseconds(1763859600125))));
    BOOST_TEST(pending[0].request == R"({"prompt":"boats"})");

    auto const preview = tasks_of(value_of(record("null", preview_line(46))));
    BOOST_TEST(!preview.at(0).outcome.has_value());

    auto const done = tasks_of(value_of(record("1763859634.5", finished_line)));
    BOOST_REQUIRE(done.at(0).outcome.has_value());
    auto const& answer = std::get<engine::Answer>(*done[0].outcome);
    BOOST_TEST(answer.task_id == task);
    BOOST_TEST(answer.trace_id == "bb01");
    BOOST_TEST(answer.image_id == "1234197197067915365");
}

BOOST_AUTO_TEST_CASE(a_failed_record_has_its_verdict) {
    struct Case {
        char const* code;
        engine::Verdict verdict;
    };
    Case const cases[] = {
        {"bad_request", engine::Verdict::rejected},   {"forbidden", engine::Verdict::rejected},
        {"api_error", engine::Verdict::generation},   {"task_failed", engine::Verdict::generation},
        {"canceled", engine::Verdict::generation},    {"timeout", engine::Verdict::unknown},
        {"gateway_timeout", engine::Verdict::unknown}};
    for (auto const& row : cases) {
        auto const response = std::string(R"({"success":false,"error":{"code":")") + row.code +
                              R"(","message":"why"}})";
        auto const tasks = tasks_of(value_of(record("1763859634.5", response)));
        auto const& problem = std::get<engine::Problem>(tasks.at(0).outcome.value());
        BOOST_TEST(problem.code == row.code);
        BOOST_TEST(engine::name_of(problem.verdict) == engine::name_of(row.verdict));
        BOOST_TEST(problem.task_id == task);
        BOOST_TEST(problem.message == "why");
    }
}

BOOST_AUTO_TEST_CASE(a_success_without_an_image_is_not_bought_again) {
    auto const tasks = tasks_of(value_of(record("1763859634.5", R"({"success":true})")));
    auto const& answer = std::get<engine::Answer>(tasks.at(0).outcome.value());
    BOOST_TEST(answer.task_id == task);
    BOOST_TEST(answer.url == "");
}

BOOST_AUTO_TEST_CASE(a_page_of_tasks_keeps_every_item_in_its_place) {
    auto const page = R"({"items":[)" + record("null", "") +
                      R"(,{"type":"imagine","created_at":1763859600},null,7,"x"],"count":3})";
    auto const tasks = tasks_of(value_of(page));
    BOOST_REQUIRE(tasks.size() == 5u);
    BOOST_TEST(tasks[0].task_id == task);
    for (std::size_t i = 1; i < tasks.size(); ++i) {
        BOOST_TEST(tasks[i].task_id == "");
        BOOST_TEST(!tasks[i].marks.has_request);
        BOOST_TEST(!tasks[i].outcome.has_value());
    }
    BOOST_TEST((tasks[1].created_at == WallTime(std::chrono::seconds(1763859600))));
    for (auto const* nothing : {"{}", "null", "[]", R"({"items":[],"count":0})"})
        BOOST_TEST(tasks_of(value_of(nothing)).empty());
}

BOOST_AUTO_TEST_CASE(a_query_asks_for_as_many_as_it_names) {
    engine::TaskQuery query;
    query.ids = {"a"};
    BOOST_TEST(midjourney::tasks_request(query) == R"({"action":"retrieve","id":"a"})");
    query.ids = {"a", "b"};
    query.offset = 7;
    BOOST_TEST(midjourney::tasks_request(query) ==
               R"({"action":"retrieve_batch","ids":["a","b"],"offset":0,"limit":2})");
    query.ids.clear();
    query.limit = 30;
    BOOST_TEST(midjourney::tasks_request(query) ==
               R"({"action":"retrieve_batch","offset":7,"limit":30})");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
