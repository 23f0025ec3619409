// The client and its service over time: whether it has spoken, its tokens, clock and callbacks.
#include "runner/base/sha256.hpp"
#include "runner/base/time_text.hpp"
#include "tests/provider/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

namespace darkroom::test {

namespace {

std::string const page = "<html>\n<p>hello</p>\n</html>";
std::string const refused = R"({"error":{"code":"bad_request","message":"no"}})";
std::string const unauthorized = R"({"error":{"code":"invalid_token","message":"old-token-1"}})";

/// Answers one request, and takes no other on that connection.
Script answering(std::string text) {
    text.insert(text.find("\r\n") + 2, "Connection: close\r\n");
    return Script().take_request().send(std::move(text));
}

std::string word_of(Problem const& problem) {
    return std::string(engine::name_of(problem.verdict));
}

/// A client whose tokens are renewed by a list of answers.
struct Renewal {
    explicit Renewal(std::vector<Result<std::string>> given) : answers(std::move(given)) {}
    provider::ClientOptions options() {
        provider::ClientOptions out;
        out.tokens = {{"", "old-token-1"}};
        out.renew_token = [this](std::string const&) {
            auto const turn = static_cast<std::size_t>(asked++);
            return answers.at(std::min(turn, answers.size() - 1));
        };
        return out;
    }
    std::vector<Result<std::string>> answers;
    std::atomic<int> asked = 0;
};

struct Updates : engine::UpdateSink {
    void on_update(engine::TaskUpdate update) override { got.push_back(std::move(update)); }
    std::vector<engine::TaskUpdate> got;
};

} // namespace

BOOST_AUTO_TEST_SUITE(client_service)

BOOST_AUTO_TEST_CASE(a_page_is_judged_by_whether_this_url_has_spoken) {
    ScriptServer server({answering(answer_of(404, page)), answering(answer_of(400, refused)),
                         answering(answer_of(404, page)), answering(http_answer(finished_line))});
    int spoken = 0;
    provider::ClientOptions options;
    options.on_spoken = [&spoken] { ++spoken; };
    ClientFixture fix(server.url(), jobs::Delivery::stream, options);
    auto const first = fix.failure();
    BOOST_TEST(word_of(first) == "transient");
    BOOST_TEST(first.code == "not_the_service");
    BOOST_TEST(spoken == 0);
    BOOST_TEST(word_of(fix.failure()) == "rejected");
    BOOST_TEST(spoken == 1);
    BOOST_TEST(word_of(fix.failure()) == "unknown");
    BOOST_TEST(std::holds_alternative<Answer>(fix.submit()));
    BOOST_TEST(spoken == 1);
}

BOOST_AUTO_TEST_CASE(a_url_that_spoke_in_an_earlier_run_is_known) {
    ScriptServer server({answering(answer_of(404, page)), answering(http_answer(finished_line))});
    provider::ClientOptions options;
    options.has_spoken = true;
    options.on_spoken = [] { BOOST_ERROR("nothing new was learned"); };
    ClientFixture fix(server.url(), jobs::Delivery::stream, options);
    BOOST_TEST(word_of(fix.failure()) == "unknown");
    BOOST_TEST(std::holds_alternative<Answer>(fix.submit()));
}

BOOST_AUTO_TEST_CASE(the_first_line_of_a_stream_is_a_word_at_once) {
    auto const start = "HTTP/1.1 200 OK\r\n\r\n" + preview_line(35) + "\n";
    ScriptServer server({Script().take_request().send(start).reset()});
    Progress progress;
    std::size_t tasks_before = 7;
    provider::ClientOptions options;
    options.on_spoken = [&] { tasks_before = progress.tasks.size(); };
    ClientFixture fix(server.url(), jobs::Delivery::stream, options);
    engine::Submission submission{"/midjourney/imagine", "{}", "", ""};
    fix.run(fix.service->submit(submission, progress));
    BOOST_TEST(progress.tasks.size() == 1u);
    BOOST_TEST(tasks_before == 0u);
}

BOOST_AUTO_TEST_CASE(a_listing_is_a_word_and_an_empty_object_is_none) {
    struct Case {
        std::string text;
        int spoken;
    };
    Case const cases[] = {
        {http_answer(R"({"items":[]})"), 1},
        {http_answer(record("null", "")), 1},
        {answer_of(404, R"({"error":{"code":"task_not_found"}})"), 1},
        {answer_of(429, R"({"error":{"code":"too_many_requests"}})"), 1},
        {http_answer("{}"), 0},
        {http_answer("null"), 0},
        {http_answer(page), 0},
        {answer_of(404, page), 0},
        {answer_of(503, R"({"message":"down"})"), 0},
        {answer_of(429, ""), 0},
    };
    for (auto const& row : cases) {
        ScriptServer server({answering(row.text)});
        int spoken = 0;
        provider::ClientOptions options;
        options.on_spoken = [&spoken] { ++spoken; };
        ClientFixture fix(server.url(), jobs::Delivery::stream, options);
        fix.look_up({task});
        BOOST_TEST(spoken == row.spoken, row.text);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_renewed_and_the_request_sent_again) {
    ScriptServer server({answering(answer_of(401, unauthorized)),
                         answering(http_answer(finished_line)),
                         answering(answer_of(400, R"({"error":{"code":"bad_request","message":)"
                                                  R"("neither old-token-1 nor new-token-2"}})"))});
    Renewal renewal({std::string("new-token-2")});
    ClientFixture fix(server.url(), jobs::Delivery::stream, renewal.options());
    auto const old_identity = fix.service->identity_of("");
    BOOST_TEST(std::holds_alternative<Answer>(fix.submit()));
    BOOST_TEST(fix.failure().message == "neither TOKEN nor TOKEN");
    BOOST_TEST(renewal.asked == 1);
    BOOST_TEST(fix.service->identity_of("") != old_identity);
    auto const requests = server.requests();
    BOOST_TEST(requests.at(0).find("Bearer old-token-1\r\n") != std::string::npos);
    BOOST_TEST(requests.at(1).find("Bearer new-token-2\r\n") != std::string::npos);
    BOOST_TEST(requests.at(1).ends_with("\r\n\r\n{\"prompt\":\"boats\"}"));
    BOOST_TEST(requests.at(2).find("Bearer new-token-2\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_look_up_renews_the_token_as_well) {
    ScriptServer server(
        {answering(answer_of(401, unauthorized)), answering(http_answer(record("null", "")))});
    Renewal renewal({std::string("new-token-2")});
    ClientFixture fix(server.url(), jobs::Delivery::stream, renewal.options());
    BOOST_TEST(std::holds_alternative<engine::TaskPage>(fix.look_up({task})));
    BOOST_TEST(renewal.asked == 1);
}

BOOST_AUTO_TEST_CASE(a_token_without_a_successor_parks_the_account) {
    Result<std::string> const answers[] = {
        std::string("old-token-1"), std::string("two words"),
        Error(boost::system::errc::make_error_code(boost::system::errc::io_error), "no")};
    for (auto const& given : answers) {
        ScriptServer server(
            {answering(answer_of(401, unauthorized)), answering(answer_of(401, unauthorized))});
        Renewal renewal({given});
        ClientFixture fix(server.url(), jobs::Delivery::stream, renewal.options());
        BOOST_TEST(word_of(fix.failure()) == "account");
        BOOST_TEST(server.requests().size() == 1u);
        BOOST_TEST(word_of(fix.failure()) == "account");
        BOOST_TEST(renewal.asked == 1); // each token once
    }
}

BOOST_AUTO_TEST_CASE(a_new_token_that_is_refused_too_parks_the_account) {
    ScriptServer server(
        {answering(answer_of(401, unauthorized)), answering(answer_of(401, unauthorized))});
    Renewal renewal({std::string("new-token-2"), std::string("new-token-3")});
    ClientFixture fix(server.url(), jobs::Delivery::stream, renewal.options());
    BOOST_TEST(word_of(fix.failure()) == "account");
    BOOST_TEST(server.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_gateways_401_and_other_refusals_renew_nothing) {
    for (auto const& text :
         {answer_of(401, page), answer_of(403, R"({"error":{"code":"disabled"}})"),
          answer_of(402, "{}"), answer_of(400, refused)}) {
        ScriptServer server({answering(text)});
        Renewal renewal({std::string("new-token-2")});
        ClientFixture fix(server.url(), jobs::Delivery::stream, renewal.options());
        fix.failure();
        BOOST_TEST(renewal.asked == 0);
    }
}

BOOST_AUTO_TEST_CASE(requests_that_are_refused_together_renew_once) {
    ScriptServer server(
        {answering(answer_of(401, unauthorized)), answering(answer_of(401, unauthorized)),
         answering(http_answer(finished_line)), answering(http_answer(finished_line))});
    Renewal renewal({std::string("new-token-2")});
    ClientFixture fix(server.url(), jobs::Delivery::stream, renewal.options());
    int answers = 0;
    TaskGroup group(fix.context.get_executor());
    auto const one = [&fix, &answers]() -> engine::awaitable<void> {
        engine::Submission submission{"/midjourney/imagine", "{}", "", ""};
        auto const result = co_await fix.service->submit(std::move(submission), fix.progress);
        answers += std::holds_alternative<Answer>(result) ? 1 : 0;
    };
    auto const both = [&]() -> engine::awaitable<bool> {
        group.spawn(one());
        group.spawn(one());
        co_await group.join();
        co_return true;
    };
    fix.run(both());
    BOOST_TEST(answers == 2);
    BOOST_TEST(renewal.asked == 1);
}

BOOST_AUTO_TEST_CASE(a_short_token_and_a_code_are_not_hidden) {
    auto const body = R"({"error":{"code":"bad_request","message":"a cat and bad_request"}})";
    struct Case {
        char const* token;
        char const* message;
    };
    Case const cases[] = {{"cat", "a cat and bad_request"},
                          {"request", "a cat and bad_request"},
                          {"bad_request", "a cat and TOKEN"}};
    for (auto const& row : cases) {
        ScriptServer server({answering(answer_of(400, body))});
        provider::ClientOptions options;
        options.tokens = {{"", row.token}};
        ClientFixture fix(server.url(), jobs::Delivery::stream, options);
        auto const problem = fix.failure();
        BOOST_TEST(problem.code == "bad_request");
        BOOST_TEST(problem.message == row.message);
    }
}

BOOST_AUTO_TEST_CASE(the_identity_names_the_url_and_hides_the_token) {
    ClientFixture fix("https://api.test/base/");
    auto const digest = to_hex(sha256(secret)).substr(0, 16);
    BOOST_TEST(fix.service->identity_of("") == "https://api.test/base#" + digest);
    BOOST_TEST(fix.service->identity_of("second") != fix.service->identity_of(""));
    BOOST_TEST(fix.service->identity_of("stranger") == "https://api.test/base");
}

BOOST_AUTO_TEST_CASE(the_services_clock_is_told_by_its_own_answers) {
    auto const date = [](std::chrono::seconds ahead) {
        return "Date: " + format_http_date(SteadyClock().wall() + ahead) + "\r\n";
    };
    auto const stream = "HTTP/1.1 200 OK\r\n" + date(8h) + "\r\n" + preview_line(35) + "\n";
    ScriptServer server({answering(answer_of(502, page, date(1h))),
                         answering(http_answer("{}", date(1h))), answering(stream),
                         answering(http_answer(R"({"items":[]})", date(-600s))),
                         answering(http_answer("picture", date(1h)))});
    ClientFixture fix(server.url());
    fix.failure();
    fix.look_up({task});
    BOOST_TEST(!fix.service->service_ahead().has_value());
    auto const is_near = [&fix](std::chrono::milliseconds expected) {
        auto const ahead = fix.service->service_ahead();
        return ahead && std::chrono::abs(*ahead - expected) < 5s;
    };
    fix.failure();
    BOOST_TEST(is_near(8h));
    fix.look_up({});
    BOOST_TEST(is_near(-600s));
    fix.fetch(server.url() + "/a.png");
    BOOST_TEST(is_near(-600s));
}

BOOST_AUTO_TEST_CASE(a_page_that_is_too_large_is_told_from_a_lost_one) {
    ScriptServer server({answering(http_answer(std::string((16u << 20) + 1, ' ')))});
    ClientFixture fix(server.url());
    auto const problem = std::get<Problem>(fix.look_up({}));
    BOOST_TEST(problem.code == "page_too_large");
    BOOST_TEST(word_of(problem) == "transient");
}

BOOST_AUTO_TEST_CASE(a_page_counts_all_of_its_records) {
    auto const body =
        R"({"items":[{"id":"s","request":{"prompt":"\ud83d"}},null,)" + record("null", "") + "]}";
    ScriptServer server({answering(http_answer(body))});
    ClientFixture fix(server.url());
    auto const listing = std::get<engine::TaskPage>(fix.look_up({}));
    BOOST_TEST(listing.given == 3u);
    BOOST_TEST(listing.tasks.size() == 3u);
    BOOST_TEST(listing.tasks.at(2).task_id == task);
}

BOOST_AUTO_TEST_CASE(a_callback_comes_to_the_path_of_its_attempt) {
    ScriptServer server({answering(http_answer(R"({"task_id":"t1","success":true})")),
                         answering(http_answer(R"({"task_id":"t2","success":true})"))});
    provider::ClientOptions options;
    options.callback_listen = "127.0.0.1:0";
    ClientFixture fix(server.url(), jobs::Delivery::poll, options);
    for (std::string const tag : {"", "0123456789abcdef"}) {
        engine::Submission submission{"/midjourney/imagine", "{}", "", tag};
        fix.run(fix.service->submit(submission, fix.progress));
    }
    auto const address = [&server](std::size_t at) {
        auto const request = server.requests().at(at);
        auto const body = json::read(request.substr(request.find("\r\n\r\n") + 4)).value();
        return body.text("callback_url").value();
    };
    BOOST_TEST(address(1) == address(0) + "/0123456789abcdef");

    std::string const bodies[] = {finished_line,
                                  R"({"task_id":"t2","success":false,"error":{"code":"timeout"}})",
                                  R"({"task_id":"t2","success":false,"error":{}})",
                                  R"({"task_id":"t2","success":false})", failed_line};
    Updates updates;
    TaskGroup group(fix.context.get_executor());
    fix.service->attend(group, updates);
    auto const post_all = [&]() -> engine::awaitable<bool> {
        for (auto const& body : bodies) {
            auto request = post_to(address(updates.got.empty() ? 0 : 1), body);
            auto const limits = short_limits();
            co_await fix.client.post(std::move(request), limits);
        }
        group.cancel();
        co_await group.join();
        co_return true;
    };
    fix.run(post_all());
    BOOST_REQUIRE(updates.got.size() == 5u);
    BOOST_TEST(updates.got[0].tag == "");
    BOOST_TEST(std::holds_alternative<Answer>(updates.got[0].outcome.value()));
    for (std::size_t i = 1; i < 5; ++i) BOOST_TEST(updates.got[i].tag == "0123456789abcdef");
    BOOST_TEST(word_of(std::get<Problem>(updates.got[1].outcome.value())) == "unknown");
    BOOST_TEST(!updates.got[2].outcome.has_value());
    BOOST_TEST(!updates.got[3].outcome.has_value());
    BOOST_TEST(word_of(std::get<Problem>(updates.got[4].outcome.value())) == "generation");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
