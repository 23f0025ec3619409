// HTTP/2 against servers that play frames, written byte by byte.
#include "runner/base/task_group.hpp"
#include "tests/net/http2_frames.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"
#include "tests/net/script_server.hpp"
#include "tests/net/trust.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace darkroom::test {

using net::Errc;
using net::Sent;
using net::Stage;
using namespace frames;

namespace {

/// A client that has to speak HTTP/2 with this server.
struct Http2Fixture : NetFixture {
    explicit Http2Fixture(ScriptServer const& server) : Http2Fixture(server.url()) {}
    explicit Http2Fixture(std::string const& origin, std::shared_ptr<net::TlsContext> tls = nullptr,
                          net::Proxy const& proxy = {})
        : NetFixture(net::ConnectionOptions{std::move(tls), proxy, "darkroom",
                                            net::HttpVersion::http1, origin}) {}

    net::Reply post(ScriptServer const& server, net::TimeLimits limits = short_limits(),
                    std::string body = "{}") {
        return run(client.post_stream(counted_post(server, std::move(body)), limits, lines));
    }

    net::PostRequest counted_post(ScriptServer const& server, std::string body = "{}") {
        auto request = post_to(server.url() + "/midjourney/imagine", std::move(body));
        request.before_first_byte = [this] { return ++left > 0; };
        return request;
    }

    Lines lines;
    int left = 0; // requests whose first byte has left
};

/// The other ends of sockets that have the lowest free numbers, those of closed ones first.
class NumbersTaken {
public:
    NumbersTaken() {
        for (auto& pair : pairs_) BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    }
    NumbersTaken(NumbersTaken const&) = delete;
    NumbersTaken& operator=(NumbersTaken const&) = delete;
    ~NumbersTaken() {
        for (auto const& pair : pairs_) {
            ::close(pair[0]);
            ::close(pair[1]);
        }
    }
    /// Returns the number of bytes that somebody has written to one of them.
    std::size_t written() const {
        std::size_t bytes = 0;
        char piece[4096];
        for (auto const& pair : pairs_) {
            for (int const handle : pair) {
                auto const got = ::recv(handle, piece, sizeof piece, MSG_DONTWAIT);
                if (got > 0) bytes += static_cast<std::size_t>(got);
            }
        }
        return bytes;
    }

private:
    int pairs_[8][2];
};

net::Reply reply_to(Script script) {
    ScriptServer server({std::move(script)});
    Http2Fixture fix(server);
    return fix.post(server);
}

} // namespace

BOOST_AUTO_TEST_SUITE(http2)

BOOST_AUTO_TEST_CASE(a_stream_arrives_line_by_line) {
    ScriptServer server({Script()
                             .take_http2()
                             .send(hello() + head(first, std::string(ok) + field("x-trace", "7")))
                             .dribble(body(first, "one\nt"))
                             .send(body(first, "wo\n", end_stream))
                             .hold()});
    Http2Fixture fix(server);
    auto const reply = fix.post(server);
    BOOST_TEST(reply.complete());
    BOOST_TEST(reply.error.message() == "");
    BOOST_TEST((reply.sent == Sent::wholly));
    BOOST_TEST(reply.head.status == 200);
    BOOST_TEST((reply.head.find("X-Trace") == "7"));
    BOOST_TEST(fix.lines.got == (std::vector<std::string>{"one", "two"}),
               boost::test_tools::per_element());
    BOOST_TEST(fix.left == 1);
    auto const request = server.requests().at(0);
    BOOST_TEST(request.starts_with("PRI * HTTP/2.0\r\n"));
    BOOST_TEST(request.ends_with("{}"));
}

BOOST_AUTO_TEST_CASE(an_early_hint_and_trailers_are_passed_over) {
    std::string const hint = "\x08\x03"
                             "103"; // ":status", by its place in the table
    auto const reply = reply_to(Script()
                                    .take_http2()
                                    .send(hello() + head(first, hint) + head(first))
                                    .send(body(first, "one\n"))
                                    .send(head(first, field("x-late", "1"), end_stream))
                                    .hold());
    BOOST_TEST(reply.complete());
    BOOST_TEST(reply.head.status == 200);
    BOOST_TEST(!reply.head.find("x-late").has_value());
}

/// Its head leaves, for the sake of the other streams, and none of its body.
BOOST_AUTO_TEST_CASE(a_request_that_is_held_back_has_no_body) {
    constexpr std::uint32_t second = 3;
    ScriptServer server({Script()
                             .take_http2()
                             .send(hello() + head(second))
                             .send(body(second, "one\n", end_stream))
                             .hold()});
    Http2Fixture fix(server);
    auto held = post_to(server.url() + "/midjourney/imagine", "nobody pays for this");
    held.before_first_byte = [] { return false; };
    auto both = [&]() -> boost::asio::awaitable<net::Reply> {
        auto first_reply =
            co_await fix.client.post_stream(std::move(held), short_limits(), fix.lines);
        auto next = fix.counted_post(server);
        auto const reply =
            co_await fix.client.post_stream(std::move(next), short_limits(), fix.lines);
        BOOST_TEST(reply.complete());
        co_return first_reply;
    };
    auto const reply = fix.run(both());
    BOOST_TEST(reply.error.code == Errc::held_back);
    BOOST_TEST((reply.sent == Sent::none));
    for (auto const& request : server.requests())
        BOOST_TEST(request.find("nobody pays") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refused_stream_was_not_taken) {
    auto const reply =
        reply_to(Script().take_http2().send(hello() + reset_of(first, refused_stream)).hold());
    BOOST_TEST(!reply.complete());
    BOOST_TEST(reply.error.code == Errc::request_refused);
    BOOST_TEST((reply.sent == Sent::none));
}

BOOST_AUTO_TEST_CASE(a_stream_above_the_last_of_a_goaway_was_not_taken) {
    auto const reply = reply_to(Script().take_http2().send(hello() + goodbye(0)).hold());
    BOOST_TEST(reply.error.code == Errc::request_refused);
    BOOST_TEST((reply.sent == Sent::none));
}

BOOST_AUTO_TEST_CASE(a_stream_up_to_the_last_of_a_goaway_goes_on) {
    auto const reply = reply_to(Script()
                                    .take_http2()
                                    .send(hello() + goodbye(first) + head(first))
                                    .send(body(first, "one\n", end_stream))
                                    .hold());
    BOOST_TEST(reply.complete());
    BOOST_TEST((reply.sent == Sent::wholly));
}

BOOST_AUTO_TEST_CASE(a_refusal_after_the_head_is_none) {
    auto const reply = reply_to(
        Script().take_http2().send(hello() + head(first) + reset_of(first, refused_stream)).hold());
    BOOST_TEST(reply.error.code == Errc::closed);
    BOOST_TEST((reply.sent == Sent::wholly));
    BOOST_TEST((reply.stage == Stage::reading));
}

BOOST_AUTO_TEST_CASE(any_other_reset_leaves_it_open_whether_the_request_was_taken) {
    for (std::uint32_t const code : {0u, 1u, internal_error, 8u, 11u, 77u}) {
        auto const reply =
            reply_to(Script().take_http2().send(hello() + reset_of(first, code)).hold());
        BOOST_TEST(!reply.complete());
        BOOST_TEST(reply.error.code == Errc::closed);
        BOOST_TEST((reply.sent == Sent::wholly));
    }
}

BOOST_AUTO_TEST_CASE(a_reset_after_the_end_changes_nothing) {
    auto const reply = reply_to(
        Script()
            .take_http2()
            .send(hello() + head(first) + body(first, "one\n", end_stream) + reset_of(first, 0))
            .hold());
    BOOST_TEST(reply.complete());
}

BOOST_AUTO_TEST_CASE(a_lost_connection_leaves_it_open_whether_the_request_was_taken) {
    for (auto const& script :
         {Script().take_http2(), Script().take_http2().reset(),
          Script().take_http2().send(hello() + head(first)),
          Script().take_http2().send(hello() + head(first) + body(first, "one\n"))}) {
        auto const reply = reply_to(script);
        BOOST_TEST(!reply.complete());
        BOOST_TEST(reply.error.code);
        BOOST_TEST((reply.sent == Sent::wholly));
    }
}

BOOST_AUTO_TEST_CASE(a_server_of_http_1_is_no_server_of_http_2) {
    auto const reply =
        reply_to(Script().take_bytes(24).send("HTTP/1.1 400 Bad Request\r\n\r\n").hold());
    BOOST_TEST(reply.error.code == Errc::no_http2);
    BOOST_TEST((reply.sent == Sent::none));
    BOOST_TEST(reply.head.status == 0);
}

BOOST_AUTO_TEST_CASE(what_breaks_the_rules_ends_the_connection) {
    std::string const huge("\xff\xff\xff", 3);
    for (auto const& bytes :
         {body(first, "before a head"), head(second), frame(ping, 0, 0, "short"),
          head(first, "\xff\xff\xff\xff\xff"), huge + std::string(6, '\0'),
          head(first, std::string(ok) + field("Upper", "1")), body(first, "")}) {
        auto const reply = reply_to(Script().take_http2().send(hello() + bytes).hold());
        BOOST_TEST(!reply.complete());
        BOOST_TEST((reply.sent == Sent::wholly));
        BOOST_TEST(reply.error.code);
    }
}

BOOST_AUTO_TEST_CASE(a_body_of_another_length_than_announced_is_not_whole) {
    auto const reply =
        reply_to(Script()
                     .take_http2()
                     .send(hello() + head(first, std::string(ok) + field("content-length", "9")))
                     .send(body(first, "one\n", end_stream))
                     .hold());
    BOOST_TEST(!reply.complete());
}

BOOST_AUTO_TEST_CASE(frames_that_bring_nothing_end_the_connection) {
    std::string pings, empty_parts;
    for (int i = 0; i < 3000; ++i) {
        pings += frame(ping, 0, 0, "12345678");
        empty_parts += body(first, "");
    }
    for (auto const& flood : {hello() + pings, hello() + head(first) + empty_parts}) {
        auto const reply = reply_to(Script().take_http2().send(flood).hold());
        BOOST_TEST(reply.error.code == Errc::bad_answer);
        BOOST_TEST((reply.sent == Sent::wholly));
    }
}

BOOST_AUTO_TEST_CASE(a_head_has_a_limit) {
    std::string fields(ok);
    for (int i = 0; i < 120; ++i) fields += field("x-filler", std::string(120, 'x'));
    auto const flags = static_cast<char>(0); // no end of headers: it goes on
    std::string bytes = frame(headers, flags, first, fields);
    for (int i = 0; i < 10; ++i)
        bytes += frame(static_cast<FrameType>(9), 0, first, fields.substr(1));
    bytes += frame(static_cast<FrameType>(9), end_headers, first, "");
    auto const reply = reply_to(Script().take_http2().send(hello() + bytes).hold());
    BOOST_TEST(!reply.complete());
    BOOST_TEST(reply.head.status == 0);
    BOOST_TEST((reply.sent == Sent::wholly));
}

BOOST_AUTO_TEST_CASE(no_answer_ends_at_the_limit) {
    ScriptServer server({Script().take_http2().send(hello()).hold()});
    Http2Fixture fix(server);
    auto limits = short_limits();
    limits.first = 50ms;
    auto const reply = fix.post(server, limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST((reply.stage == Stage::waiting));
    BOOST_TEST((reply.sent == Sent::wholly));
}

BOOST_AUTO_TEST_CASE(a_stalled_answer_ends_at_the_limit) {
    ScriptServer server(
        {Script().take_http2().send(hello() + head(first) + body(first, "one\n")).hold()});
    Http2Fixture fix(server);
    auto limits = short_limits();
    limits.idle = 50ms;
    auto const reply = fix.post(server, limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST((reply.stage == Stage::reading));
}

BOOST_AUTO_TEST_CASE(a_request_that_may_not_leave_is_not_sent) {
    std::string const no_streams = std::string("\0\3", 2) + number(0);
    ScriptServer server({Script()
                             .take_http2()
                             .send(hello(no_streams) + head(first) + body(first, "", end_stream))
                             .hold()});
    Http2Fixture fix(server);
    BOOST_TEST(fix.post(server).complete()); // left before the server said so
    auto limits = short_limits();
    limits.total = 100ms;
    auto const reply = fix.post(server, limits); // over another connection, which is closed
    BOOST_TEST(!reply.complete());
    BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(requests_share_a_connection) {
    ScriptServer server({Script()
                             .take_http2()
                             .send(hello() + head(first) + body(first, "one\n", end_stream))
                             .take_http2(false)
                             .send(head(second) + body(second, "two\n", end_stream))
                             .hold()});
    Http2Fixture fix(server);
    BOOST_TEST(fix.post(server).complete());
    BOOST_TEST(fix.post(server).complete());
    BOOST_TEST(server.connections() == 1);
    BOOST_TEST(fix.lines.got.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_the_server_has_closed_is_not_used) {
    auto const answer = hello() + head(first) + body(first, "one\n", end_stream);
    ScriptServer server({Script().take_http2().send(answer + goodbye(first)),
                         Script().take_http2().send(answer).hold()});
    Http2Fixture fix(server);
    BOOST_TEST(fix.post(server).complete());
    server.wait_for_ends(1);
    BOOST_TEST(fix.post(server).complete());
    BOOST_TEST(server.connections() == 2);
    BOOST_TEST(fix.left == 2);
}

BOOST_AUTO_TEST_CASE(one_request_that_is_given_up_leaves_the_others) {
    ScriptServer server({Script()
                             .take_http2()
                             .send(hello())
                             .take_http2(false)
                             .send(head(second) + body(second, "two\n", end_stream))
                             .hold()});
    Http2Fixture fix(server);
    auto limits = short_limits();
    limits.first = 100ms;
    std::vector<net::Reply> replies;
    auto const ask = [&](net::TimeLimits asked) -> boost::asio::awaitable<void> {
        auto reply = co_await fix.client.post_stream(fix.counted_post(server), asked, fix.lines);
        replies.push_back(std::move(reply));
    };
    auto const both = [&]() -> boost::asio::awaitable<bool> {
        TaskGroup group(fix.executor());
        group.spawn(ask(limits));
        co_await fix.clock.sleep_for(20ms); // the connection is there
        group.spawn(ask(short_limits()));
        co_await group.join();
        co_return true;
    };
    BOOST_TEST(fix.run(both()));
    BOOST_REQUIRE(replies.size() == 2u);
    auto const whole = [](net::Reply const& reply) { return reply.complete(); };
    BOOST_TEST(std::count_if(replies.begin(), replies.end(), whole) == 1);
    BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(nothing_is_written_to_the_number_of_a_lost_connection) {
    Trust const trust;
    ScriptServer server({Script().take_http2().send(hello() + goodbye(0, internal_error)).hold()},
                        trust.server);
    std::optional<Http2Fixture> fix(std::in_place, server.url(), trust.client);
    auto const reply = fix->post(server);
    BOOST_TEST(!reply.complete());
    BOOST_TEST(fix->left == 1);
    NumbersTaken const others;
    fix.reset(); // the last owner of what was the connection
    BOOST_TEST(others.written() == 0u);
}

BOOST_AUTO_TEST_CASE(room_for_an_upload_is_no_flood) {
    std::string small_steps;
    for (int i = 0; i < 1500; ++i) small_steps += room_for(0, 1);
    auto const answer = head(first) + body(first, "one\n", end_stream);
    ScriptServer server({Script()
                             .take_data(first_window, true)
                             .send(hello() + room_for(first, 1 << 20) + small_steps)
                             .take_data(1500)
                             .send(small_steps)
                             .take_data(1500)
                             .send(answer)
                             .hold()});
    Http2Fixture fix(server);
    auto const reply = fix.post(server, short_limits(), std::string(first_window + 3000, 'x'));
    BOOST_TEST(reply.error.message() == "");
    BOOST_TEST(reply.complete());
    BOOST_TEST((reply.sent == Sent::wholly));
}

BOOST_AUTO_TEST_CASE(room_without_an_upload_is_a_flood) {
    std::string small_steps;
    for (int i = 0; i < 3000; ++i) small_steps += room_for(0, 1);
    auto const reply = reply_to(Script().take_http2().send(hello() + small_steps).hold());
    BOOST_TEST(reply.error.code == Errc::bad_answer);
}

BOOST_AUTO_TEST_CASE(without_tls_a_proxy_is_asked_for_a_tunnel) {
    ScriptServer server({Script()
                             .take_request()
                             .send("HTTP/1.1 200 Connected\r\n\r\n")
                             .take_http2()
                             .send(hello() + head(first) + body(first, "one\n", end_stream))
                             .hold()});
    auto const at = "http://127.0.0.1:" + std::to_string(server.port());
    auto const proxy = net::parse_proxy({at, ""}).value();
    Http2Fixture fix("http://service.invalid", nullptr, proxy);
    auto request = post_to("http://service.invalid/midjourney/imagine");
    auto const reply =
        fix.run(fix.client.post_stream(std::move(request), short_limits(), fix.lines));
    BOOST_TEST(reply.complete());
    BOOST_REQUIRE(server.requests().size() == 2u);
    BOOST_TEST(server.requests()[0].starts_with("CONNECT service.invalid:80 HTTP/1.1\r\n"));
    BOOST_TEST(server.requests()[1].starts_with("PRI * HTTP/2.0\r\n"));
}

BOOST_AUTO_TEST_CASE(with_tls_the_version_is_agreed_on_within_the_tunnel) {
    std::string const origin = "https://service.test";
    Trust const trust;
    auto const exchange = head(first) + body(first, "one\n", end_stream);
    for (auto const version : {net::HttpVersion::http2, net::HttpVersion::any}) {
        ScriptServer server({Script().take_tunnel().take_http2().send(exchange).hold()},
                            trust.server);
        net::ConnectionOptions options;
        options.tls = trust.client;
        options.proxy =
            net::parse_proxy({"me:pass@127.0.0.1:" + std::to_string(server.port()), ""}).value();
        options.version = version;
        if (version == net::HttpVersion::http2) options.http2_origin = origin;
        NetFixture fix(options);
        Lines lines;
        auto request = post_to(origin + "/midjourney/imagine");
        auto const reply =
            fix.run(fix.client.post_stream(std::move(request), short_limits(), lines));
        BOOST_TEST(reply.error.message() == "");
        BOOST_TEST(reply.complete());
        BOOST_TEST(lines.got.size() == 1u);
        auto const requests = server.requests();
        BOOST_REQUIRE(requests.size() == 2u);
        BOOST_TEST(requests[0] == "CONNECT service.test:443 HTTP/1.1\r\n"
                                  "Host: service.test:443\r\n"
                                  "Proxy-Authorization: Basic bWU6cGFzcw==\r\n\r\n");
        BOOST_TEST(requests[1].starts_with("PRI * HTTP/2.0\r\n"));
        BOOST_TEST(server.names().at(0) == "service.test");
        BOOST_TEST(server.connections() == 1);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_ends_before_its_request_is_an_answer) {
    ScriptServer server({Script()
                             .take_data(first_window, true)
                             .send(hello() + head(first) + body(first, "one\n", end_stream))
                             .hold()});
    Http2Fixture fix(server);
    auto limits = short_limits();
    limits.first = limits.idle = 50ms; // nothing makes room for the rest of the request
    auto const reply = fix.post(server, limits, std::string(first_window + 1, 'x'));
    BOOST_TEST(reply.error.message() == "");
    BOOST_TEST(reply.complete());
    BOOST_TEST((reply.sent == Sent::partly));
    BOOST_TEST(fix.lines.got.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
