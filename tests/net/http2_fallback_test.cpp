// Servers that offer HTTP/2 and do not speak it, or stop to.
#include "tests/net/http2_frames.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"
#include "tests/net/script_server.hpp"
#include "tests/net/trust.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using net::Errc;
using net::Sent;
using net::Stage;
using namespace frames;

namespace {

constexpr std::size_t preface_size = 24;

/// A server that offers HTTP/2 over TLS, and a client that takes what there is.
struct Offered {
    explicit Offered(std::vector<Script> scripts) : server(std::move(scripts), trust.server) {}

    net::Reply post(net::TimeLimits limits = short_limits(), std::string body = "{}") {
        auto request = post_to(server.url() + "/midjourney/imagine", std::move(body));
        request.before_first_byte = [this] { return ++left > 0; };
        return fix.run(fix.client.post_stream(std::move(request), limits, lines));
    }

    net::ConnectionOptions options() {
        net::ConnectionOptions options;
        options.tls = trust.client;
        options.version = net::HttpVersion::any;
        options.on_no_http2 = [this](net::NoHttp2 const& lack) {
            notes.push_back(lack.origin);
            is_for_good = lack.is_for_good;
        };
        return options;
    }

    Trust trust;
    ScriptServer server;
    std::vector<std::string> notes;
    bool is_for_good = false; // of the last note
    NetFixture fix{options()};
    Lines lines;
    int left = 0; // requests whose first byte has left
};

/// A client that has to speak HTTP/2 with this server, without TLS.
struct Required {
    explicit Required(std::vector<Script> scripts)
        : server(std::move(scripts)),
          fix(net::ConnectionOptions{
              nullptr, {}, "darkroom", net::HttpVersion::any, server.url()}) {}

    net::Reply post() {
        auto request = post_to(server.url() + "/midjourney/imagine");
        request.before_first_byte = [this] { return ++left > 0; };
        return fix.run(fix.client.post_stream(std::move(request), short_limits(), lines));
    }

    ScriptServer server;
    NetFixture fix;
    Lines lines;
    int left = 0;
};

Script http1_answers(int count) {
    Script script;
    for (int i = 0; i < count; ++i) script.take_request().send(http_answer("one\n"));
    return script;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http2_fallback)

BOOST_AUTO_TEST_CASE(a_server_that_does_not_speak_what_it_offers_is_asked_over_http_1) {
    auto const garbage = std::string("HTTP/1.1 400 Bad Request\r\n\r\n");
    for (auto const& first_word : {garbage, std::string(100, '\0'), body(first, "x")}) {
        Offered to({Script().take_bytes(preface_size).send(first_word).hold(), http1_answers(2),
                    http1_answers(1)});
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.left == 2); // nothing has left over the first connection
        BOOST_TEST(to.server.connections() == 2);
        BOOST_TEST(to.notes == std::vector<std::string>{to.server.url()},
                   boost::test_tools::per_element());
        BOOST_TEST(to.is_for_good);
        to.fix.clock.leap = 24h;
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.server.connections() == 3);
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_before_the_greeting_decides_nothing) {
    Script const whole =
        Script().take_http2().send(head(first) + body(first, "one\n", end_stream)).hold();
    for (auto const& lost :
         {Script().take_bytes(preface_size), Script().take_bytes(preface_size).reset()}) {
        Offered to({lost, lost, whole});
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.left == 1);
        BOOST_TEST(to.server.connections() == 3);
        BOOST_TEST(to.server.requests().back().starts_with("PRI * HTTP/2.0"));
        BOOST_TEST(to.notes.empty());
    }
}

BOOST_AUTO_TEST_CASE(after_several_lost_connections_http_2_has_a_pause) {
    Script const whole =
        Script().take_http2().send(head(first) + body(first, "one\n", end_stream)).hold();
    for (auto const& lost :
         {Script().take_bytes(preface_size), Script().take_bytes(preface_size).reset()}) {
        Offered to({lost, lost, lost, http1_answers(2), lost, http1_answers(1), whole});
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.server.connections() == 4);
        to.fix.clock.leap += 1min;
        BOOST_TEST(to.post().complete()); // one more attempt is enough to know
        BOOST_TEST(to.server.connections() == 6);
        to.fix.clock.leap += 2min;
        BOOST_TEST(to.post().complete());
        BOOST_TEST(to.server.requests().back().starts_with("PRI * HTTP/2.0"));
        BOOST_TEST(to.left == 4); // each request has left once
        BOOST_TEST(to.notes.size() == 1u);
        BOOST_TEST(!to.is_for_good);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_stays_silent_has_taken_nothing) {
    Offered to({Script().hold(), http1_answers(1)});
    auto limits = short_limits();
    limits.connect = 300ms;
    auto const reply = to.post(limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST((reply.stage == Stage::connecting));
    BOOST_TEST((reply.sent == Sent::none));
    BOOST_TEST(to.left == 0);
    BOOST_TEST(to.post().complete());
    BOOST_TEST(to.notes.size() == 1u);
    BOOST_TEST(!to.is_for_good);
}

BOOST_AUTO_TEST_CASE(a_server_that_breaks_the_rules_later_leaves_it_open_what_it_has_taken) {
    auto const required = 13u; // HTTP_1_1_REQUIRED
    auto const long_frame = "\xff\xff\xff" + std::string(6, '\0');
    for (auto const& bytes : {long_frame, reset_of(first, required), goodbye(first, required)}) {
        Offered to({Script().take_http2().send(bytes), http1_answers(1)});
        auto const reply = to.post();
        BOOST_TEST(!reply.complete());
        BOOST_TEST((reply.sent == Sent::wholly));
        BOOST_TEST(to.left == 1);
        auto const next = to.post();
        BOOST_TEST(next.error.message() == "");
        BOOST_TEST(next.complete());
        BOOST_TEST(to.notes.size() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_no_reason_to_give_http_2_up) {
    Script const whole =
        Script().take_http2().send(head(first) + body(first, "one\n", end_stream)).hold();
    for (auto const& script : {Script().take_http2(), Script().take_http2().reset(),
                               Script().take_http2().send(goodbye(first, internal_error)),
                               Script().take_http2().send(reset_of(first, refused_stream))}) {
        Offered to({script, whole});
        BOOST_TEST(!to.post().complete());
        // The client may not have noticed yet that this connection ends.
        bool const is_complete = to.post().complete() || to.post().complete();
        BOOST_TEST(is_complete);
        BOOST_TEST(to.notes.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_window_that_stays_shut_ends_at_the_limit) {
    auto const shut = setting(initial_window, 0);
    Script const whole =
        Script().take_http2().send(head(first) + body(first, "one\n", end_stream)).hold();
    Offered to({Script().send(hello(shut)).hold(), whole});
    auto limits = short_limits();
    limits.idle = 100ms;
    auto const reply = to.post(limits);
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST(reply.error.detail == "sending the request");
    BOOST_TEST((reply.sent == Sent::partly)); // its head has left, its body has not
    BOOST_TEST(to.post().complete());         // over another connection
    BOOST_TEST(to.server.connections() == 2);
    BOOST_TEST(to.notes.empty());
}

BOOST_AUTO_TEST_CASE(a_server_that_has_to_speak_http_2_and_never_did_is_named) {
    for (std::string const answer : {"HTTP/1.1 505 Not Supported\r\n\r\n", "<html>400</html>"}) {
        auto const http1 = Script().take_bytes(preface_size).send(answer).hold();
        Required to({http1, Script().take_bytes(preface_size).reset()});
        auto const named = to.post();
        BOOST_TEST(named.error.code == Errc::no_http2);
        BOOST_TEST(named.error.detail == to.server.url());
        BOOST_TEST((named.sent == Sent::none));
        auto const reset = to.post(); // which proves nothing
        BOOST_TEST(reset.error.code != Errc::no_http2);
        BOOST_TEST((reset.sent == Sent::none));
        BOOST_TEST(to.left == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_has_spoken_http_2_may_do_so_again) {
    Script const spoken =
        Script().take_http2().send(head(first) + body(first, "one\n", end_stream));
    Script const http1 = Script().take_bytes(preface_size).send("HTTP/1.1 502 Bad\r\n\r\n").hold();
    Required to({spoken, http1, spoken});
    BOOST_TEST(to.post().complete());
    to.server.wait_for_ends(1);
    auto const away = to.post();
    BOOST_TEST(away.error.code == Errc::http2_lost);
    BOOST_TEST((away.sent == Sent::none));
    BOOST_TEST(to.post().complete());
}

BOOST_AUTO_TEST_CASE(downloads_stay_off_the_connections_of_other_requests) {
    Script const whole = Script()
                             .take_http2()
                             .send(head(first) + body(first, "one\n", end_stream))
                             .take_http2(false)
                             .send(head(second) + body(second, "two\n", end_stream))
                             .hold();
    Offered to({http1_answers(2), whole});
    net::GetRequest picture;
    picture.url = net::parse_url(to.server.url() + "/picture.png").value();
    net::GetLimits limits;
    limits.time = short_limits();
    for (int i = 0; i < 2; ++i) {
        Bytes bytes;
        BOOST_TEST(to.fix.run(to.fix.client.get(picture, limits, bytes)).complete());
        BOOST_TEST(bytes.got == "one\n");
        BOOST_TEST(to.post().complete());
    }
    BOOST_TEST(to.server.connections() == 2);
    BOOST_TEST(to.server.requests().at(0).starts_with("GET /picture.png HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(without_tls_a_proxy_gets_a_request_of_http_1) {
    ScriptServer server({http1_answers(1)});
    net::ConnectionOptions options;
    options.version = net::HttpVersion::any;
    options.proxy =
        net::parse_proxy({"http://127.0.0.1:" + std::to_string(server.port()), ""}).value();
    NetFixture fix(options);
    Lines lines;
    auto request = post_to("http://service.invalid/midjourney/imagine");
    BOOST_TEST(
        fix.run(fix.client.post_stream(std::move(request), short_limits(), lines)).complete());
    BOOST_TEST(server.requests().at(0).starts_with("POST http://service.invalid/midjourney/"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
