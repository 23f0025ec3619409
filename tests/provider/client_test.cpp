#include "tests/provider/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

BOOST_AUTO_TEST_SUITE(client)

BOOST_AUTO_TEST_CASE(a_stream_ends_in_an_answer) {
    auto const body = preview_line(35) + "\n\n" + preview_line(75) + "\r\n" + finished_line;
    ScriptServer server(
        {Script().take_request().send(http_answer(body, ndjson + "X-Trace-Id: t7\r\n"))});
    ClientFixture fix(server.url() + "/base/");
    auto const answer = std::get<Answer>(fix.submit());
    BOOST_TEST(answer.image_id == "1234197197067915365");
    BOOST_TEST(answer.task_id == task);
    BOOST_TEST(answer.trace_id == "t7");
    BOOST_TEST(fix.progress.tasks.size() == 1u);
    BOOST_TEST(fix.progress.percent == 100);
    auto const request = server.requests().at(0);
    BOOST_TEST(request.starts_with("POST /base/midjourney/imagine HTTP/1.1\r\n"));
    BOOST_TEST(request.find("\r\nAccept: application/x-ndjson\r\n") != request.npos);
    BOOST_TEST(request.find("\r\nAuthorization: Bearer secret-token\r\n") != request.npos);
    BOOST_TEST(request.ends_with("\r\n\r\n{\"prompt\":\"boats\"}"));
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_cut_anywhere_even_inside_a_character) {
    auto line = finished_line;
    line.insert(1, R"("prompt":"水彩画 — Ünïcödé 🚤",)");
    auto const body = preview_line(31) + "\r\n\r\n" + line; // without a line end
    ScriptServer server({Script().take_request().dribble(http_answer(body, ndjson))});
    ClientFixture fix(server.url());
    auto const answer = std::get<Answer>(fix.submit());
    BOOST_TEST(answer.image_id == "1234197197067915365");
    BOOST_TEST(fix.progress.percent == 100);
}

BOOST_AUTO_TEST_CASE(a_plain_answer_is_understood_in_both_deliveries) {
    for (auto const delivery : {jobs::Delivery::stream, jobs::Delivery::wait}) {
        ScriptServer server({Script().take_request().send(
            http_answer(printed_answer, "Content-Type: application/json\r\n"))});
        ClientFixture fix(server.url(), delivery);
        BOOST_TEST(std::get<Answer>(fix.submit()).task_id == task);
        auto const* accept = delivery == jobs::Delivery::wait
                                 ? "\r\nAccept: application/json\r\n"
                                 : "\r\nAccept: application/x-ndjson\r\n";
        BOOST_TEST(server.requests().at(0).find(accept) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_text_is_one_plain_answer_whatever_the_delivery) {
    for (auto const delivery : {jobs::Delivery::stream, jobs::Delivery::poll}) {
        ScriptServer server({Script().take_request().send(
            http_answer(R"({"descriptions":["a","b"]})", "X-Trace-Id: t9\r\n"))});
        ClientFixture fix(server.url(), delivery);
        engine::Submission submission{"/midjourney/describe", R"({"image_url":"http://h/"})", "",
                                      ""};
        auto const answer =
            std::get<Answer>(fix.run(fix.service->submit(submission, fix.progress)));
        BOOST_TEST(answer.text == "a\nb");
        BOOST_TEST(answer.trace_id == "t9");
        auto const request = server.requests().at(0);
        BOOST_TEST(request.starts_with("POST /midjourney/describe HTTP/1.1\r\n"));
        BOOST_TEST(request.find("\r\nAccept: application/json\r\n") != request.npos);
        BOOST_TEST(request.ends_with("\r\n\r\n{\"image_url\":\"http://h/\"}"));
    }
}

BOOST_AUTO_TEST_CASE(each_account_pays_with_its_own_token) {
    ScriptServer server({Script().take_request().send(http_answer(finished_line))});
    ClientFixture fix(server.url());
    fix.submit("second");
    BOOST_TEST(server.requests().at(0).find("Bearer other-token") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_token_that_the_service_repeats_is_told_to_nobody) {
    auto const said = std::string("no such token: ") + secret + ", nor other-token, " + secret;
    auto const error = R"({"error":{"code":"invalid_token","message":")" + said + R"("}})";
    auto const record = R"({"id":"t","finished_at":1,"response":{"success":false,)" +
                        error.substr(1, error.size() - 2) + "}}";
    auto const answer =
        http_answer(error, "Content-Type: application/json\r\nConnection: close\r\n");
    ScriptServer server({Script().take_request().send("HTTP/1.1 401 No" + answer.substr(15)),
                         Script().take_request().send(answer),
                         Script().take_request().send(http_answer(record))});
    ClientFixture fix(server.url());
    auto const hidden = "no such token: TOKEN, nor TOKEN, TOKEN";
    BOOST_TEST(fix.failure().message == hidden);
    BOOST_TEST(fix.failure().message == hidden);
    auto const page = std::get<engine::TaskPage>(fix.look_up({"t"}));
    BOOST_REQUIRE(page.tasks.size() == 1u);
    BOOST_TEST(std::get<Problem>(*page.tasks.front().outcome).message == hidden);
}

BOOST_AUTO_TEST_CASE(an_account_without_a_token_never_pays_with_another_ones) {
    ScriptServer server({Script().take_request().send(http_answer(finished_line))});
    ClientFixture fix(server.url());
    fix.submit("stranger");
    BOOST_TEST(server.requests().at(0).find("Authorization") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_that_breaks_is_unknown_and_names_its_task) {
    auto const start = "HTTP/1.1 200 OK\r\n\r\n" + preview_line(35) + "\n";
    auto const cut_inside = start + finished_line.substr(0, 50);
    Script const scripts[] = {
        Script().take_request().send(start), Script().take_request().send(start).reset(),
        Script().take_request().send(cut_inside).reset(), Script().take_request().send(cut_inside)};
    for (auto const& script : scripts) {
        auto const problem = problem_of(script);
        BOOST_TEST(engine::name_of(problem.verdict) == engine::name_of(Verdict::unknown));
        BOOST_TEST(problem.task_id == task);
        BOOST_TEST(problem.status == 200);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_cut_after_its_last_word_is_an_answer) {
    auto const head = "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n";
    ScriptServer server({Script().take_request().send(head + finished_line + "\n").reset()});
    ClientFixture fix(server.url());
    BOOST_TEST(std::holds_alternative<Answer>(fix.submit()));
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_alone_is_unknown_with_its_task) {
    auto const problem =
        problem_of(Script().take_request().send(http_answer(R"({"task_id":"t9","success":true})")));
    BOOST_TEST((problem.verdict == Verdict::unknown));
    BOOST_TEST(problem.task_id == "t9");
    BOOST_TEST(problem.code == "no_result");
}

BOOST_AUTO_TEST_CASE(a_lost_request_is_unknown_and_one_that_never_left_is_transient) {
    BOOST_TEST((problem_of(Script().take_request().reset()).verdict == Verdict::unknown));
    BOOST_TEST((problem_of(Script().take_request()).verdict == Verdict::unknown));
    ClientFixture fix("http://127.0.0.1:" + std::to_string(dead_port()));
    auto const problem = fix.failure();
    BOOST_TEST((problem.verdict == Verdict::transient));
    BOOST_TEST(problem.code == "connection_refused");
    BOOST_TEST(problem.message.find("127.0.0.1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_page_of_html_is_unknown) {
    auto const problem = problem_of(Script().take_request().send(
        http_answer("<html>\n<p>hello</p>\n</html>", "Content-Type: text/html\r\n")));
    BOOST_TEST((problem.verdict == Verdict::unknown));
    BOOST_TEST(problem.code == "bad_answer");
    BOOST_TEST(problem.message.find("text/html") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_keeps_its_code_message_and_trace) {
    auto const problem = problem_of(Script().take_request().send(answer_of(
        400, R"({"error":{"code":"bad_request","message":"no prompt"},"trace_id":"cc"})")));
    BOOST_TEST((problem.verdict == Verdict::rejected));
    BOOST_TEST(problem.status == 400);
    BOOST_TEST(problem.code == "bad_request");
    BOOST_TEST(problem.message == "no prompt");
    BOOST_TEST(problem.trace_id == "cc");
}

BOOST_AUTO_TEST_CASE(errors_without_words_are_named_by_their_status) {
    auto const bare = problem_of(Script().take_request().send(
        answer_of(401, R"({"error":"Unauthorized"})", "x-trace-id: h1\r\n")));
    BOOST_TEST((bare.verdict == Verdict::account));
    BOOST_TEST(bare.code == "http_401");
    BOOST_TEST(bare.message == "Unauthorized");
    BOOST_TEST(bare.trace_id == "h1");
    auto const page = problem_of(Script().take_request().send(answer_of(500, "<html>")));
    BOOST_TEST((page.verdict == Verdict::unknown));
    BOOST_TEST(page.code == "http_500");
    auto const moved =
        problem_of(Script().take_request().send(answer_of(301, "", "Location: https://x/\r\n")));
    BOOST_TEST((moved.verdict == Verdict::transient));
    BOOST_TEST(moved.code == "not_the_service");
    BOOST_TEST(moved.message.find("service.url") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_429_says_how_long_to_wait_by_the_clock_of_the_service) {
    auto const seconds =
        problem_of(Script().take_request().send(answer_of(429, "{}", "Retry-After: 7\r\n")));
    BOOST_TEST((seconds.verdict == Verdict::rate));
    BOOST_TEST((seconds.retry_after == Duration(7s)));
    auto const date = problem_of(
        Script().take_request().send(answer_of(429, "{}",
                                               "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                               "Retry-After: Sun, 06 Nov 1994 08:50:00 GMT\r\n")));
    BOOST_TEST((date.retry_after == Duration(23s)));
}

BOOST_AUTO_TEST_CASE(a_failed_last_line_is_a_failed_generation) {
    auto const problem = problem_of(Script().take_request().send(
        http_answer(preview_line(40) + "\n" + failed_line + "\n", ndjson)));
    BOOST_TEST((problem.verdict == Verdict::generation));
    BOOST_TEST(problem.code == "api_error");
    BOOST_TEST(problem.trace_id == "9d1c");
    BOOST_TEST(problem.task_id == task);
}

BOOST_AUTO_TEST_CASE(a_look_up_brings_records_and_the_time_of_the_service) {
    ScriptServer server({Script().take_request().send(http_answer(
        record("1763859634.5", finished_line), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))});
    ClientFixture fix(server.url());
    auto const page = std::get<engine::TaskPage>(fix.look_up({task}));
    BOOST_TEST(page.tasks.size() == 1u);
    BOOST_TEST(page.service_time.has_value());
    BOOST_TEST(server.requests().at(0).starts_with("POST /midjourney/tasks HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(an_unknown_task_is_an_empty_page_however_it_is_said) {
    for (auto const& text : {http_answer("{}"), http_answer("null"),
                             answer_of(404, R"({"error":{"code":"task_not_found"}})"),
                             http_answer(R"({"error":{"code":"task_not_found"}})")}) {
        ScriptServer server({Script().take_request().send(text)});
        ClientFixture fix(server.url());
        BOOST_TEST(std::get<engine::TaskPage>(fix.look_up({task})).tasks.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_listing_without_items_proves_nothing) {
    for (auto const* body : {"{}", "null", "[]", R"({"items":null})",
                             R"({"success":false,"error":{"code":"api_error"}})"}) {
        ScriptServer server({Script().take_request().send(http_answer(body))});
        ClientFixture fix(server.url());
        auto const problem = std::get<Problem>(fix.look_up({}));
        BOOST_TEST(problem.code == "bad_answer", body);
    }
    ScriptServer server({Script().take_request().send(http_answer(R"({"items":[]})"))});
    ClientFixture fix(server.url());
    BOOST_TEST(std::get<engine::TaskPage>(fix.look_up({})).tasks.empty());
}

BOOST_AUTO_TEST_CASE(without_callbacks_no_updates_are_expected) {
    struct NoUpdates : engine::UpdateSink {
        void on_update(engine::TaskUpdate) override {}
    };
    ClientFixture fix("http://127.0.0.1:1", jobs::Delivery::poll);
    TaskGroup group(fix.context.get_executor());
    NoUpdates updates;
    BOOST_TEST(!fix.service->attend(group, updates));
    BOOST_TEST(group.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_failed_look_up_may_be_repeated_unless_the_account_is_to_blame) {
    struct Case {
        std::string text;
        Verdict verdict;
    };
    Case const cases[] = {
        {answer_of(404, R"({"error":{"code":"no_api"}})"), Verdict::transient},
        {answer_of(400, R"({"error":{"code":"bad_request"}})"), Verdict::transient},
        {answer_of(500, ""), Verdict::transient},
        {answer_of(404, "<h1>nothing here</h1>"), Verdict::transient},
        {answer_of(404, R"({"message":"no route"})"), Verdict::transient},
        {http_answer("<html>"), Verdict::transient},
        {http_answer(R"({"success":false,"error":{"code":"api_error"}})"), Verdict::transient},
        {http_answer(R"({"message":"try later"})"), Verdict::transient},
        {answer_of(429, ""), Verdict::rate},
        {answer_of(401, ""), Verdict::transient}, // a gateway's
        {answer_of(401, R"({"error":"Unauthorized"})"), Verdict::account},
        {answer_of(403, R"({"error":{"code":"used_up"}})"), Verdict::empty},
    };
    for (auto const& row : cases) {
        ScriptServer server({Script().take_request().send(row.text)});
        ClientFixture fix(server.url());
        auto const problem = std::get<Problem>(fix.look_up({task}));
        BOOST_TEST(engine::name_of(problem.verdict) == engine::name_of(row.verdict));
    }
}

BOOST_AUTO_TEST_CASE(a_polled_task_is_asked_for_until_it_has_ended) {
    ScriptServer server(
        {Script().take_request().send(
             answer_of(202, R"({"success":true,"task_id":")" + task + R"("})")),
         Script().take_request().send(http_answer(record("null", ""))),
         Script().take_request().send(http_answer(record("1763859634.5", finished_line)))});
    ClientFixture fix(server.url(), jobs::Delivery::poll);
    auto const answer = std::get<Answer>(fix.submit_and_follow());
    BOOST_TEST(answer.image_id == "1234197197067915365");
    BOOST_TEST(answer.task_id == task);
    BOOST_TEST(fix.progress.tasks.size() == 1u);
    BOOST_TEST(server.requests().at(0).ends_with(R"({"prompt":"boats","async":true})"));
    BOOST_TEST(server.requests().at(2).ends_with(R"("id":")" + task + R"("})"));
}

BOOST_AUTO_TEST_CASE(a_polled_request_that_is_refused_or_lost_is_not_waited_for) {
    ScriptServer server(
        {Script().take_request().send(answer_of(400, R"({"error":{"code":"bad_request"}})")),
         Script().take_request().reset()});
    ClientFixture fix(server.url(), jobs::Delivery::poll);
    BOOST_TEST((fix.failure().verdict == Verdict::rejected));
    BOOST_TEST((fix.failure().verdict == Verdict::unknown));
}

BOOST_AUTO_TEST_CASE(an_image_is_fetched_without_the_token) {
    ScriptServer server({Script().take_request().send(http_answer("picture"))});
    ClientFixture fix(server.url());
    BOOST_TEST(!fix.fetch(server.url() + "/files/a.png?ex=1&").has_value());
    BOOST_TEST(fix.bytes.got == "picture");
    auto const request = server.requests().at(0);
    BOOST_TEST(request.starts_with("GET /files/a.png?ex=1& HTTP/1.1\r\n"));
    BOOST_TEST(request.find(secret) == request.npos);
}

BOOST_AUTO_TEST_CASE(an_image_with_blanks_in_its_link_is_fetched) {
    ScriptServer server({Script().take_request().send(http_answer("picture"))});
    ClientFixture fix(server.url());
    BOOST_TEST(!fix.fetch(server.url() + "/a fast%20car.png ").has_value());
    BOOST_TEST(server.requests().at(0).starts_with("GET /a%20fast%20car.png HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(a_failed_fetch_says_whether_the_link_is_dead) {
    struct Case {
        std::string text;
        Verdict verdict;
        char const* code;
    };
    Case const cases[] = {
        {answer_of(404, "gone"), Verdict::expired, "http_404"},
        {answer_of(403, "gone"), Verdict::expired, "http_403"},
        {answer_of(503, ""), Verdict::download, "http_503"},
        {answer_of(429, "", "Retry-After: 7\r\n"), Verdict::rate, "http_429"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npic", Verdict::download, "connection_closed"},
        {"", Verdict::download, "connection_closed"},
    };
    for (auto const& row : cases) {
        ScriptServer server(
            {Script().take_request().send(row.text), Script().take_request().send(row.text)});
        ClientFixture fix(server.url());
        auto const problem = fix.fetch(server.url() + "/a.png");
        BOOST_REQUIRE(problem.has_value());
        BOOST_TEST(engine::name_of(problem->verdict) == engine::name_of(row.verdict));
        BOOST_TEST(problem->code == row.code);
    }
    ClientFixture fix("http://127.0.0.1:1");
    BOOST_TEST((fix.fetch("http://127.0.0.1:" + std::to_string(dead_port()) + "/")->verdict ==
                Verdict::download));
    for (auto const* link :
         {"", "file:///etc/passwd", "/files/a.png", "a.png", "//cdn.example/a"}) {
        auto const problem = fix.fetch(link);
        BOOST_TEST((problem->verdict == Verdict::expired));
        BOOST_TEST(problem->code == (*link == '\0' ? "no_link" : "bad_url"));
    }
}

BOOST_AUTO_TEST_CASE(options_that_cannot_work_are_refused) {
    NetFixture fix;
    provider::ClientOptions bad_url, bad_token, bad_listen;
    bad_url.url = "api.acedata.cloud";
    bad_token.tokens = {{"", "secret\n"}};
    bad_listen.callback_listen = "nowhere";
    for (auto const& options : {bad_url, bad_token, bad_listen}) {
        auto const made = provider::Client::create(fix.context.get_executor(), fix.clock, options);
        BOOST_REQUIRE(!made.has_value());
        BOOST_TEST(made.error().message().find("secret") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_service_that_has_to_speak_http_2_and_does_not_is_a_mistake_of_the_job_file) {
    auto const preface_size = 24u;
    auto const http1 = Script().take_bytes(preface_size).send(answer_of(505, "")).hold();
    ScriptServer server({http1, http1});
    provider::ClientOptions options;
    options.http = jobs::HttpVersions::http2;
    ClientFixture fix(server.url(), jobs::Delivery::stream, options);
    auto const paid = fix.failure();
    auto const asked = std::get<Problem>(fix.look_up({"t1"}));
    for (auto const& problem : {paid, asked}) {
        BOOST_TEST(engine::is_http_version_wrong(problem));
        BOOST_TEST(problem.message ==
                   "service.http is 2, and " + server.url() + " does not speak HTTP/2");
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
