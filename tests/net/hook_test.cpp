// The callback listener: requests that it accepts and refuses.
#include "runner/net/hook_listener.hpp"
#include "runner/net/hook_request.hpp"
#include "tests/net/net_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using net::HookListener;
using net::HookRequest;

namespace {

std::string post(std::string const& target, std::string const& rest) {
    return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + rest;
}

/// Feeds the same bytes at once and one by one.
int status_of(std::string const& text, std::string* body = nullptr) {
    HookRequest whole("s3cret");
    whole.feed(text);
    HookRequest piecemeal("s3cret");
    for (char const byte : text) piecemeal.feed({&byte, 1});
    BOOST_TEST(whole.status() == piecemeal.status());
    BOOST_TEST(whole.body() == piecemeal.body());
    if (body != nullptr) *body = whole.body();
    return whole.status();
}

struct Hooks : NetFixture {
    Hooks() {
        auto opened = HookListener::open(context.get_executor(), clock, std::string("127.0.0.1:0"));
        hook = std::move(*opened);
        hook->serve_in(group, [this](net::HookPost const& post) {
            bodies.emplace_back(post.body);
            return post.body != "no";
        });
    }
    boost::asio::awaitable<int> post(std::string path, std::string body) {
        auto request = post_to(hook->origin() + path, std::move(body));
        request.authorization.clear();
        auto const limits = short_limits();
        auto const reply = co_await client.post(std::move(request), limits);
        co_return reply.head.status;
    }
    boost::asio::awaitable<bool> story() {
        std::string const right = hook->path();
        int const taken = co_await post(right, "{}");
        statuses.push_back(taken);
        int const refused = co_await post(right, "no");
        statuses.push_back(refused);
        int const guessed = co_await post("/callback/guess", "{}");
        statuses.push_back(guessed);
        std::string const prefixed = "/proxied" + right;
        int const prefixed_code = co_await post(prefixed, "[]");
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

BOOST_AUTO_TEST_CASE(a_post_to_the_secret_path_is_taken_however_it_is_framed) {
    std::string body;
    BOOST_TEST(status_of(post("/callback/s3cret", "Content-Length: 4\r\n\r\nbody"), &body) == 200);
    BOOST_TEST(body == "body");
    auto const chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n";
    BOOST_TEST(status_of(post("/x/s3cret?a=b", chunked), &body) == 200);
    BOOST_TEST(body == "body");
    BOOST_TEST(status_of(post("/s3cret", "Content-Length: 0\r\n\r\n"), &body) == 200);
    BOOST_TEST(status_of(post("/s3cret", "Content-Length: 4\r\n\r\nbo"), &body) == 0);
}

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
        {"/proxied/s3cret/7?a=b/c", 200, "7"},
        {"/callback/s3cret/" + std::string(HookRequest::tag_max, 'a'), 200,
         std::string(HookRequest::tag_max, 'a')},
        {"/callback/s3cret/" + std::string(HookRequest::tag_max + 1, 'a'), 404, ""},
        {"/callback/s3cret/ABC", 404, ""},
        {"/callback/s3cret/xyz", 404, ""},
        {"/callback/s3cret/ab/cd", 404, ""},
        {"/callback/s3cret//ab", 404, ""},
        {"/callback/guess/0123456789abcdef", 404, ""},
        {"/callback/as3cret/0123456789abcdef", 404, ""},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.target) {
            HookRequest request("s3cret");
            request.feed(post(row.target, "Content-Length: 1\r\n\r\nx"));
            BOOST_TEST(request.status() == row.status);
            if (row.status == 200) BOOST_TEST(request.post().tag == row.tag);
        }
    }
    HookRequest hexadecimal("abcdef0123456789abcdef0123456789");
    hexadecimal.feed(
        post("/callback/abcdef0123456789abcdef0123456789", "Content-Length: 1\r\n\r\nx"));
    BOOST_TEST(hexadecimal.status() == 200);
    BOOST_TEST(hexadecimal.post().tag == "");
}

BOOST_AUTO_TEST_CASE(other_requests_are_refused) {
    std::string const length = "Content-Length: 1\r\n\r\n";
    std::string const large(HookRequest::body_max + 1, 'x');
    BOOST_TEST(status_of(post("/callback/guess", length)) == 404);
    BOOST_TEST(status_of(post("/callback/as3cret", length)) == 404);
    BOOST_TEST(status_of("GET /s3cret HTTP/1.1\r\n\r\n") == 405);
    BOOST_TEST(status_of(post("/s3cret", "\r\n")) == 411);
    BOOST_TEST(status_of(post("/s3cret", "Content-Length: x\r\n\r\n")) == 400);
    BOOST_TEST(status_of("POST /a\nb/s3cret HTTP/1.1\r\nContent-Length: 0\r\n\r\n") == 400);
    BOOST_TEST(status_of("hello\r\n\r\n") == 400);
    BOOST_TEST(status_of("\r\n\r\n") == 400);
    BOOST_TEST(status_of(post("/s3cret", "X: " + std::string(HookRequest::head_max, 'x'))) == 431);
    HookRequest request("s3cret");
    request.feed(post("/s3cret", "Content-Length: " + std::to_string(large.size()) + "\r\n\r\n"));
    request.feed(large);
    BOOST_TEST(request.status() == 413);
    BOOST_TEST(request.body().empty());
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
