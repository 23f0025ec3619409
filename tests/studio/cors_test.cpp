// What a page of another origin may do, as a browser asks for it.
#include "tests/studio/handler_fixture.hpp"

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;

namespace {

struct Pages : HandlerFixture {
    static http::Request preflight(std::string path, std::string headers) {
        http::Request request;
        request.method = "OPTIONS";
        request.path = std::move(path);
        request.headers = {{"origin", "https://page.example"},
                           {"access-control-request-method", "POST"}};
        if (!headers.empty())
            request.headers.push_back({"access-control-request-headers", std::move(headers)});
        return request;
    }
};

constexpr auto cors_cat = R"({"prompt": "a cat"})";
constexpr auto origin = "access-control-allow-origin";
constexpr auto allowed = "access-control-allow-headers";

} // namespace

BOOST_FIXTURE_TEST_SUITE(cors, Pages)

BOOST_AUTO_TEST_CASE(a_page_may_ask_and_read_when_it_is_allowed_to) {
    options.cors = true;
    options.open = false; // a preflight carries no token
    auto const asked = ask(preflight("/midjourney/imagine", "authorization,content-type"));
    BOOST_TEST(asked->status == 200);
    BOOST_TEST(asked->header(origin) == "*");
    BOOST_TEST(asked->header(allowed) == "authorization,content-type");
    BOOST_TEST(asked->header("access-control-allow-methods").find("POST") != std::string::npos);
    BOOST_TEST(asked->body.empty());
    BOOST_TEST(ask(preflight("/midjourney/tasks", ""))->header(allowed).find("x-record-exempt") !=
               std::string::npos);
    auto const unreadable = ask(imagine(cors_cat)); // an error must be readable, too
    BOOST_TEST(unreadable->status == 400);
    BOOST_TEST(unreadable->header(origin) == "*");
    for (bool const stream : {false, true}) {
        auto request = imagine(cors_cat, stream);
        request.headers.push_back({"authorization", "Bearer t"});
        auto const call = ask(request);
        BOOST_TEST(call->status == 200);
        BOOST_TEST(call->header(origin) == "*");
        BOOST_TEST(call->header("access-control-expose-headers").find("x-trace-id") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_name_of_a_header_that_would_break_the_answer_is_not_repeated) {
    options.cors = true;
    auto const call = ask(preflight("/midjourney/imagine", "a\r\nset-cookie: b"));
    BOOST_TEST(call->header(allowed).find("set-cookie") == std::string::npos);
    BOOST_TEST(call->header(allowed).find("authorization") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(pages_are_kept_from_the_service_s_own_paths) {
    options.cors = true;
    for (auto const* path : {"/__service/ledger", "/__service/accounts/a"}) {
        auto const call = ask(preflight(path, ""));
        BOOST_TEST(call->status >= 400, path);
        BOOST_TEST(call->header(origin).empty(), path);
    }
    http::Request get;
    get.method = "GET";
    get.path = "/__service/ledger";
    BOOST_TEST(ask(get)->header(origin).empty());
}

BOOST_AUTO_TEST_CASE(without_the_option_no_page_is_let_in) {
    auto const asked = ask(preflight("/midjourney/imagine", "authorization"));
    BOOST_TEST(asked->status == 405);
    BOOST_TEST(asked->header(origin).empty());
    BOOST_TEST(ask(imagine(cors_cat))->header(origin).empty());
}

BOOST_AUTO_TEST_SUITE_END()
