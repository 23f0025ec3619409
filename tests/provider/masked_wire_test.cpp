// A token that the service repeats leaves the client in no value, and goes back where it came from.
#include "runner/base/base64.hpp"
#include "tests/provider/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace {

/// Checks that no text of an answer or a problem has the token in it.
void check_hidden(engine::Outcome const& outcome) {
    std::vector<std::string> texts;
    if (auto const* answer = std::get_if<Answer>(&outcome)) {
        texts = {answer->task_id, answer->trace_id, answer->image_id, answer->url, answer->text};
        texts.insert(texts.end(), answer->actions.begin(), answer->actions.end());
        texts.insert(texts.end(), answer->sub_urls.begin(), answer->sub_urls.end());
    } else {
        auto const& problem = std::get<Problem>(outcome);
        texts = {problem.code, problem.message, problem.trace_id, problem.task_id, problem.url};
    }
    for (auto const& text : texts) {
        BOOST_TEST(text.find(secret) == std::string::npos, text);
        BOOST_TEST(text.find(to_base64("u:" + secret)) == std::string::npos, text);
    }
}

std::string masked(std::string text) {
    Secrets secrets;
    secrets.add(secret);
    BOOST_TEST(secrets.mask(text));
    return text;
}

std::string answer_line(std::string const& link) {
    return R"({"task_id":"task-)" + secret + R"(","trace_id":")" + secret + R"(","image_id":")" +
           secret + R"(7","raw_image_url":")" + link +
           R"(","progress":100,"actions":["upscale1",")" + secret + R"("],"sub_image_urls":[")" +
           link + "&" + to_base64("u:" + secret) + R"("],"success":true})";
}

std::string body_of(std::string const& request) { return request.substr(request.find("\r\n\r\n")); }

/// Takes callbacks that a test makes up.
struct MadeUpHook : http::Hook {
    void serve_in(TaskGroup&, Taker given) override { taker = std::move(given); }
    std::string origin() const override { return "http://127.0.0.1:1"; }
    std::string path() const override { return "/callback/x"; }
    Taker taker;
};

struct KeptUpdates : engine::UpdateSink {
    void on_update(engine::TaskUpdate update) override { got.push_back(std::move(update)); }
    std::vector<engine::TaskUpdate> got;
};

} // namespace

BOOST_AUTO_TEST_SUITE(masked_wire)

BOOST_AUTO_TEST_CASE(no_value_of_an_answer_has_the_token) {
    auto const link = "https://cdn.example/a.png?key=" + secret;
    auto const escaped = R"({"task_id":"task-\u0073ecret-token","progress":5,"success":true})";
    for (auto const delivery :
         {jobs::Delivery::stream, jobs::Delivery::wait, jobs::Delivery::poll}) {
        ScriptServer server({Script().take_request().send(
            http_answer(escaped + std::string("\n") + answer_line(link),
                        ndjson + "X-Trace-Id: " + secret + "\r\n"))});
        ClientFixture fix(server.url(), delivery);
        auto const answer = std::get<Answer>(fix.submit());
        check_hidden(answer);
        BOOST_TEST(answer.image_id == masked(secret) + "7");
        BOOST_TEST(answer.task_id == "task-" + masked(secret));
        BOOST_REQUIRE(fix.progress.tasks.size() == 1u);
        BOOST_TEST(fix.progress.tasks.front() == answer.task_id);
    }
}

BOOST_AUTO_TEST_CASE(no_value_of_a_problem_has_the_token) {
    auto const said = R"({"success":false,"task_id":")" + secret + R"(","trace_id":")" + secret +
                      R"(","error":{"code":"x-)" + secret + R"(","message":"no )" +
                      to_base64("u:" + secret) + " " + secret + R"("}})";
    auto const header = "X-Trace-Id: " + secret + "\r\n";
    for (int const status : {200, 400, 401, 500}) {
        ScriptServer server({Script().take_request().send(answer_of(status, said, header))});
        ClientFixture fix(server.url());
        auto const problem = fix.failure();
        check_hidden(problem);
        BOOST_TEST(problem.task_id == masked(secret));
        if (status < 500) BOOST_TEST(problem.message.ends_with(" TOKEN"));
    }
    auto const gateway = answer_of(502, "<p>", "Content-Type: text/" + secret + "\r\n");
    ScriptServer server({Script().take_request().send(gateway)});
    ClientFixture fix(server.url());
    check_hidden(fix.failure());
}

BOOST_AUTO_TEST_CASE(a_masked_id_goes_back_as_it_came) {
    auto const record = R"({"id":"task-)" + secret +
                        R"(","finished_at":1763859634,"request":{"image_id":")" + secret +
                        R"(7","action":"upscale1"},"response":)" + answer_line("https://h/a") + "}";
    ScriptServer server({Script().take_request().send(http_answer(record, "Connection: close\r\n")),
                         Script().take_request().send(http_answer(finished_line))});
    ClientFixture fix(server.url());
    auto const id = "task-" + masked(secret);
    auto const page = std::get<engine::TaskPage>(fix.look_up({id}));
    BOOST_REQUIRE(page.tasks.size() == 1u);
    auto const& found = page.tasks.front();
    BOOST_TEST(found.task_id == id);
    check_hidden(*found.outcome);
    BOOST_TEST(found.request.find(secret) == std::string::npos);
    BOOST_TEST(found.marks.image_id.value() == masked(secret) + "7");
    BOOST_TEST(body_of(server.requests().at(0)).find("\"task-" + secret + "\"") !=
               std::string::npos);
    engine::Submission const follow_up{
        "/midjourney/imagine", R"({"action":"upscale1","image_id":")" + masked(secret) + R"(7"})",
        "", ""};
    auto const got = fix.run(fix.service->submit(follow_up, fix.progress));
    BOOST_REQUIRE(std::holds_alternative<Answer>(got));
    BOOST_TEST(body_of(server.requests().at(1)) ==
               "\r\n\r\n{\"action\":\"upscale1\",\"image_id\":\"" + secret + "7\"}");
}

BOOST_AUTO_TEST_CASE(no_value_of_a_callback_has_the_token) {
    provider::ClientOptions options;
    auto const hook = std::make_shared<MadeUpHook>();
    options.hook = hook;
    ClientFixture fix("https://api.test", jobs::Delivery::poll, options);
    KeptUpdates updates;
    TaskGroup group(fix.context.get_executor());
    fix.service->attend(group, updates);
    auto const failed = R"({"success":false,"task_id":")" + secret + R"(","trace_id":")" + secret +
                        R"(","error":{"code":"api_error","message":"no )" + secret + R"("}})";
    for (auto const& body : {answer_line("https://h/" + secret), failed}) {
        BOOST_TEST(hook->taker({body, "0a"}));
        BOOST_TEST(updates.got.back().task_id.ends_with(masked(secret)));
        check_hidden(updates.got.back().outcome.value());
    }
    BOOST_TEST(updates.got.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_image_within_an_answer_is_as_it_came) {
    auto const picture = "picture of " + secret;
    auto const answer_of_data = [&](std::string const& data) {
        return R"({"task_id":"data:;base64,)" + secret + R"(","image_id":"data:)" + secret +
               R"(","raw_image_url":"data:image/png;base64,)" + data +
               R"(","progress":100,"actions":["reroll"],"success":true})";
    };
    for (bool const is_whole : {true, false}) {
        auto const data = is_whole ? to_base64(picture) : secret;
        ScriptServer server({Script().take_request().send(http_answer(answer_of_data(data)))});
        ClientFixture fix(server.url());
        auto const answer = std::get<Answer>(fix.submit());
        check_hidden(answer);
        if (!is_whole) continue;
        BOOST_TEST(!fix.fetch(answer.url).has_value());
        BOOST_TEST(fix.bytes.got == picture);
    }
}

BOOST_AUTO_TEST_CASE(a_link_with_a_token_is_whole_for_the_service_alone) {
    ScriptServer server({Script().take_request().send(http_answer("picture"))});
    ScriptServer cdn({Script().take_request().send(answer_of(403, "no"))});
    ClientFixture fix(server.url());
    BOOST_TEST(!fix.fetch(server.url() + "/a.png?key=" + masked(secret)).has_value());
    BOOST_TEST(server.requests().at(0).starts_with("GET /a.png?key=" + secret + " HTTP/1.1"));
    BOOST_TEST(fix.fetch(cdn.url() + "/a.png?key=" + masked(secret)).has_value());
    BOOST_TEST(cdn.requests().at(0).starts_with("GET /a.png?key=" + masked(secret) + " HTTP/1.1"));
}

BOOST_AUTO_TEST_CASE(a_redirect_takes_no_token_to_another_host) {
    auto const to = [](std::string const& place) {
        return "HTTP/1.1 302 There\r\nLocation: " + place + "?key=" + secret +
               "\r\nContent-Length: 0\r\n\r\n";
    };
    ScriptServer cdn({Script().take_request().send(http_answer("picture"))});
    ScriptServer server(
        {Script().take_request().send(to("/b")).take_request().send(to(cdn.url() + "/c"))});
    ClientFixture fix(server.url());
    BOOST_TEST(!fix.fetch(server.url() + "/a").has_value());
    BOOST_TEST(fix.bytes.got == "picture");
    BOOST_TEST(server.requests().at(1).starts_with("GET /b?key=" + secret + " HTTP/1.1"));
    BOOST_TEST(cdn.requests().at(0).starts_with("GET /c?key=" + masked(secret) + " HTTP/1.1"));
}

BOOST_AUTO_TEST_CASE(a_token_of_an_earlier_time_is_masked_and_goes_back) {
    auto const refusal = R"({"error":{"code":"invalid_token","message":"expired"}})";
    auto closing = answer_of(401, refusal, "Connection: close\r\n");
    ScriptServer server({Script().take_request().send(closing),
                         Script()
                             .take_request()
                             .send(http_answer(answer_line("https://h/" + secret)))
                             .take_request()
                             .send(http_answer("{}"))});
    provider::ClientOptions options;
    options.tokens = {{"", secret}};
    options.renew_token = [](std::string const&) { return std::string("renewed-token"); };
    ClientFixture fix(server.url(), jobs::Delivery::stream, options);
    auto const answer = std::get<Answer>(fix.submit());
    check_hidden(answer);
    fix.look_up({answer.task_id});
    BOOST_TEST(server.requests().at(2).find("Bearer renewed-token\r\n") != std::string::npos);
    BOOST_TEST(server.requests().at(2).find("\"task-" + secret + "\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_without_a_mask_is_sent_byte_for_byte) {
    ScriptServer server({Script().take_request().send(http_answer(finished_line))});
    ClientFixture fix(server.url());
    engine::Submission const odd{"/midjourney/imagine", R"({ "prompt" : "TOKEN-00000000" })", "",
                                 ""};
    fix.run(fix.service->submit(odd, fix.progress));
    BOOST_TEST(body_of(server.requests().at(0)) == "\r\n\r\n" + odd.body);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
