// What the answer to a paid request is made into: the service's word or a gateway's.
#include "runner/provider/problem.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using engine::Problem;
using engine::Verdict;
using net::Sent;

namespace {

struct NoProgress : engine::ProgressSink {
    void on_task(std::string const&) override {}
    void on_percent(int) override {}
};

struct Said {
    int status = 200;
    std::string body;
    std::string type = "application/json";
    bool has_spoken = false;
    Sent sent = Sent::wholly;
};

/// Makes a Problem as the client does: the lines of a 2xx go to the reader.
Problem problem_of(Said const& said) {
    net::Reply reply;
    reply.head.status = said.status;
    reply.head.fields = "Content-Type: " + said.type + "\r\nLocation: https://moved.test/x?s=1\r\n";
    reply.sent = said.sent;
    NoProgress progress;
    auto const& wire = provider::default_wire();
    provider::SubmitReader reader(progress, wire, "/midjourney/imagine");
    if (said.status / 100 == 2) {
        BOOST_REQUIRE(reader.on_line(said.body).has_value());
        reader.finish();
    } else {
        reply.body = said.body;
    }
    return provider::submit_problem({wire, "https://api.test", said.has_spoken}, reply, reader,
                                    WallTime());
}

struct WordCase {
    int status;
    char const* body;
    Verdict at_first; // before this URL has spoken as the service
    Verdict afterwards;
    char const* code;
};

void check_word(WordCase const& row) {
    BOOST_TEST_CONTEXT(row.status << " " << row.body) {
        auto const first = problem_of({row.status, row.body});
        auto const later = problem_of({row.status, row.body, "text/html", true});
        BOOST_TEST(engine::name_of(first.verdict) == engine::name_of(row.at_first));
        BOOST_TEST(engine::name_of(later.verdict) == engine::name_of(row.afterwards));
        BOOST_TEST(first.code == row.code);
        BOOST_TEST(first.status == row.status);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(the_service_says_what_became_of_a_request) {
    WordCase const cases[] = {
        {400, R"({"error":{"code":"bad_request","message":"m"}})", Verdict::rejected,
         Verdict::rejected, "bad_request"},
        {400, R"({"success":false})", Verdict::rejected, Verdict::rejected, "http_400"},
        {401, R"({"error":"Unauthorized"})", Verdict::account, Verdict::account, "http_401"},
        {402, R"({})", Verdict::empty, Verdict::empty, "http_402"},
        {403, R"({"error":{"code":"used_up"}})", Verdict::empty, Verdict::empty, "used_up"},
        {404, R"({"detail":"Not Found"})", Verdict::rejected, Verdict::rejected, "http_404"},
        {413, R"({"error":{"code":"content_too_large"}})", Verdict::rejected, Verdict::rejected,
         "content_too_large"},
        {500, R"({"error":{"code":"api_error"}})", Verdict::generation, Verdict::generation,
         "api_error"},
        {503, R"({"error":{"code":"api_error"}})", Verdict::transient, Verdict::transient,
         "api_error"},
        {503, R"({"error":{"code":"busy"}})", Verdict::rate, Verdict::rate, "busy"},
        {408, R"({"error":{"code":"timeout"}})", Verdict::unknown, Verdict::unknown, "timeout"},
        {504, R"({"error":{"code":"timeout"}})", Verdict::unknown, Verdict::unknown, "timeout"},
        {200, R"({"success":false,"error":{"code":"api_error"}})", Verdict::generation,
         Verdict::generation, "api_error"},
        {200, R"({"success":false,"error":{"code":"timeout"}})", Verdict::unknown, Verdict::unknown,
         "timeout"},
        {200, R"({"success":false})", Verdict::unknown, Verdict::unknown, "no_result"},
        {200, R"({"detail":"no such model"})", Verdict::generation, Verdict::generation,
         "task_failed"},
    };
    for (auto const& row : cases) check_word(row);
}

BOOST_AUTO_TEST_CASE(a_gateway_says_nothing) {
    WordCase const cases[] = {
        {200, "<html>", Verdict::unknown, Verdict::unknown, "bad_answer"},
        {200, "{}", Verdict::unknown, Verdict::unknown, "bad_answer"},
        {204, "", Verdict::unknown, Verdict::unknown, "bad_answer"},
        {301, R"({"success":false})", Verdict::transient, Verdict::unknown, "not_the_service"},
        {302, "", Verdict::transient, Verdict::unknown, "not_the_service"},
        {400, "<html>", Verdict::unknown, Verdict::unknown, "http_400"},
        {401, "<html>", Verdict::transient, Verdict::unknown, "not_the_service"},
        {401, R"("Unauthorized")", Verdict::transient, Verdict::unknown, "not_the_service"},
        {403, R"({"message":"Forbidden"})", Verdict::transient, Verdict::unknown,
         "not_the_service"},
        {404, "<html>", Verdict::transient, Verdict::unknown, "not_the_service"},
        {404, R"({"error":""})", Verdict::transient, Verdict::unknown, "not_the_service"},
        {405, "", Verdict::transient, Verdict::unknown, "not_the_service"},
        {407, "", Verdict::transient, Verdict::unknown, "not_the_service"},
        {408, R"({"error":"too slow"})", Verdict::unknown, Verdict::unknown, "http_408"},
        {413, "<html>", Verdict::transient, Verdict::unknown, "not_the_service"},
        {421, "", Verdict::transient, Verdict::unknown, "not_the_service"},
        {425, "", Verdict::transient, Verdict::unknown, "not_the_service"},
        {429, "<html>", Verdict::rate, Verdict::rate, "http_429"},
        {499, "", Verdict::unknown, Verdict::unknown, "http_499"},
        {500, "<html>", Verdict::unknown, Verdict::unknown, "http_500"},
        {500, R"({"error":{"message":"no code"}})", Verdict::unknown, Verdict::unknown, "http_500"},
        {500, R"({"error":{"code":"of_a_gateway"}})", Verdict::unknown, Verdict::unknown,
         "http_500"},
        {500, R"({"detail":{"code":"api_error"}})", Verdict::unknown, Verdict::unknown, "http_500"},
        {500, R"({"code":"api_error","message":"m"})", Verdict::unknown, Verdict::unknown,
         "http_500"},
        {502, R"({"success":false,"task_id":"t"})", Verdict::unknown, Verdict::unknown, "http_502"},
        {502, "<html>", Verdict::unknown, Verdict::unknown, "http_502"},
        {503, "<html>", Verdict::unknown, Verdict::unknown, "http_503"},
        {503, R"({"message":"name resolution failed"})", Verdict::unknown, Verdict::unknown,
         "http_503"},
        {504, "<html>", Verdict::unknown, Verdict::unknown, "http_504"},
        {520, "", Verdict::unknown, Verdict::unknown, "http_520"},
        {524, "error code: 524", Verdict::unknown, Verdict::unknown, "http_524"},
    };
    for (auto const& row : cases) check_word(row);
}

BOOST_AUTO_TEST_CASE(a_request_that_was_cut_off_was_not_taken) {
    for (int const status : {302, 403, 408, 413, 499, 502, 503, 504}) {
        auto const problem = problem_of({status, "<html>", "text/html", true, Sent::partly});
        BOOST_TEST(engine::name_of(problem.verdict) == engine::name_of(Verdict::transient));
    }
}

BOOST_AUTO_TEST_CASE(a_body_that_broke_off_says_nothing_unless_its_json_is_whole) {
    NoProgress progress;
    auto const& wire = provider::default_wire();
    provider::SubmitReader reader(progress, wire, "/midjourney/imagine");
    provider::ServiceView const service{wire, "https://api.test", true};
    std::string const body = R"({"error":{"code":"forbidden"}})";
    for (std::size_t size = 0; size <= body.size(); ++size) {
        net::Reply reply;
        reply.head.status = 403;
        reply.sent = Sent::wholly;
        reply.error = Error(net::Errc::closed, "in the middle of the answer");
        reply.body = body.substr(0, size);
        auto const problem = provider::submit_problem(service, reply, reader, WallTime());
        auto const expected = size == body.size() ? Verdict::rejected : Verdict::unknown;
        BOOST_TEST(engine::name_of(problem.verdict) == engine::name_of(expected));
    }
}

BOOST_AUTO_TEST_CASE(a_gateways_task_is_remembered) {
    auto const problem = problem_of({504, R"({"task_id":"t7","trace_id":"x"})"});
    BOOST_TEST(problem.task_id == "t7");
    BOOST_TEST(problem.trace_id == "x");
}

BOOST_AUTO_TEST_CASE(the_message_names_what_came_and_what_to_check) {
    struct Advice {
        Said said;
        std::vector<std::string> parts;
        char const* absent = "\n";
    };
    Advice const cases[] = {
        {{404, "<html>", "text/html"},
         {"status 404", "'text/html'", "this is not the service at https://api.test",
          "check service.url"}},
        {{302, "", "text/html"},
         {"status 302", "redirects to https://moved.test/x", "check service.url"},
         "s=1"},
        {{407, "", "text/html"}, {"check service.proxy"}, "service.url"},
        {{502, "<html>", "text/html; charset=utf-8", true},
         {"status 502", "'text/html; charset=utf-8'",
          "a server on the way to https://api.test has answered in its place"},
         "check"},
        {{502, "<html>", "text/html"}, {"a server on the way"}, "check"},
        {{413, "<html>", "text/html", true}, {"a request of this size"}, "check"},
        {{200, "<html>", "text/html"}, {"status 200", "'text/html'", "check service.url"}},
        {{200, "", "text/plain", true}, {"status 200", "'text/plain'"}, "service.url"},
        {{429, "", "text/html"}, {"status 429"}, "service.url"},
    };
    for (auto const& row : cases) {
        auto const message = problem_of(row.said).message;
        BOOST_TEST_CONTEXT(message) {
            for (auto const& part : row.parts) BOOST_TEST(message.find(part) != message.npos, part);
            BOOST_TEST(message.find(row.absent) == message.npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
