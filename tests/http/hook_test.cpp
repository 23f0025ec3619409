// The callback listener: requests that it accepts and refuses.
#include "runner/http/hook_listener.hpp"
#include "tests/net/net_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using http::HookListener;

namespace {

http::Request post(std::string const& target, http::Headers headers = {{"content-length", "1"}}) {
    http::Request request;
    request.method = "POST";
    request.path = target;
    request.headers = std::move(headers);
    return request;
}

http::HookCall call_of(http::Request const& request, std::string_view secret = "s3cret") {
    return http::read_hook_call(request, secret);
}

struct Hooks : NetFixture {
    Hooks() {
        auto opened = HookListener::open(context.get_executor(), clock, std::string("127.0.0.1:0"));
        hook = std::move(*opened);
        hook->serve_in(group, [this](http::HookPost const& post) {
            bodies.emplace_back(post.body);
            return post.body != "no";
        });
    }
    boost::asio::awaitable<int> post_body(std::string path, std::string body) {
        auto request = post_to(hook->origin() + path, std::move(body));
        request.authorization.clear();
        auto const limits = short_limits();
        auto const reply = co_await client.post(std::move(request), limits);
        co_return reply.head.status;
    }
    boost::asio::awaitable<bool> story() {
        std::string const right = hook->path();
        int const taken = co_await post_body(right, "{}");
        statuses.push_back(taken);
        int const refused = co_await post_body(right, "no");
        statuses.push_back(refused);
        int const guessed = co_await post_body("/callback/guess", "{}");
        statuses.push_back(guessed);
        std::string const prefixed = "/proxied" + right + "?a=b/c";
        int const prefixed_code = co_await post_body(prefixed, "[]");
        statuses.push_back(prefixed_code);
        group.cancel();
        co_await group.join();
        co_return true;
    }

    std::unique_ptr<HookListener> hook;
    TaskGroup group{context.get_executor()};
    std::vector<std::string> bodies;
    std::vector<int> statuses;
};

} // namespace

BOOST_AUTO_TEST_SUITE(hook)

BOOST_AUTO_TEST_CASE(a_tag_behind_the_secret_is_passed_on) {
    struct Case {
        std::string target;
        int status;
        std::string tag;
    };
    Case const cases[] = {
        {"/callback/s3cret", 200, ""},
        {"/callback/s3cret/", 200, ""},
        {"/callback/s3cret/0123456789abcdef", 200, "0123456789abcdef"},
        {"/proxied/s3cret/7", 200, "7"},
        {"/callback/s3cret/" + std::string(http::tag_max, 'a'), 200,
         std::string(http::tag_max, 'a')},
        {"/callback/s3cret/" + std::string(http::tag_max + 1, 'a'), 404, ""},
        {"/callback/s3cret/ABC", 404, ""},
        {"/callback/s3cret/xyz", 404, ""},
        {"/callback/s3cret/ab/cd", 404, ""},
        {"/callback/s3cret//ab", 404, ""},
        {"/callback/guess/0123456789abcdef", 404, ""},
        {"/callback/as3cret/0123456789abcdef", 404, ""},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.target) {
            auto const request = post(row.target);
            auto const call = call_of(request);
            BOOST_TEST(call.status == row.status);
            if (row.status == 200) BOOST_TEST(call.tag == row.tag);
        }
    }
    std::string const secret = "abcdef0123456789abcdef0123456789";
    auto const request = post("/callback/" + secret);
    auto const call = call_of(request, secret);
    BOOST_TEST(call.status == 200);
    BOOST_TEST(call.tag == "");
}

BOOST_AUTO_TEST_CASE(other_requests_are_refused) {
    BOOST_TEST(call_of(post("/callback/guess")).status == 404);
    BOOST_TEST(call_of(post("/callback/as3cret")).status == 404);
    BOOST_TEST(call_of(post("/s3cret")).status == 200);
    BOOST_TEST(call_of(post("/s3cret", {})).status == 411);
    BOOST_TEST(call_of(post("/s3cret", {{"transfer-encoding", "chunked"}})).status == 200);
    auto get = post("/s3cret");
    get.method = "GET";
    BOOST_TEST(call_of(get).status == 405);
}

BOOST_FIXTURE_TEST_CASE(posts_are_answered_and_a_guessed_path_is_ignored, Hooks) {
    run(story());
    BOOST_TEST((statuses == std::vector<int>{200, 400, 404, 200}));
    BOOST_TEST((bodies == std::vector<std::string>{"{}", "no", "[]"}));
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_listened_at_is_an_error) {
    NetFixture fix;
    for (auto const* place : {"here", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "host.test:80",
                              "127.0.0.1:99999", "192.0.2.1:0"}) {
        auto const made = HookListener::open(fix.context.get_executor(), fix.clock, place);
        BOOST_TEST(made.has_error(), place);
    }
}

BOOST_AUTO_TEST_CASE(no_two_paths_are_equal) {
    NetFixture fix;
    auto const executor = fix.context.get_executor();
    auto const one = HookListener::open(executor, fix.clock, "127.0.0.1:0");
    auto const two = HookListener::open(executor, fix.clock, "[::1]:0");
    BOOST_REQUIRE(one.has_value());
    BOOST_TEST((*one)->path().size() == 42u);
    if (two.has_value()) BOOST_TEST((*one)->path() != (*two)->path());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
