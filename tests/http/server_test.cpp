// The HTTP server: addresses, and requests that no handler sees. Its connections are tested through
// the built-in service, too.
#include "runner/http/error.hpp"
#include "runner/http/server.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/script_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace asio = boost::asio;

namespace {

/// Answers with what was asked for; counts.
struct Echo final : http::Handler {
    asio::awaitable<void> handle(http::Exchange& exchange) override {
        ++handled;
        http::Reply reply;
        reply.body = exchange.request().method + " " + exchange.request().path + " " +
                     exchange.request().body;
        auto const sent = co_await exchange.answer(std::move(reply));
        (void)sent;
    }
    http::Reply refusal(int status, std::string why) override {
        http::Reply reply;
        reply.status = status;
        reply.body = std::move(why);
        return reply;
    }
    int handled = 0;
};

http::ServerSetup small_setup() {
    http::ServerSetup setup;
    setup.name = "test";
    setup.connections_max = 1;
    setup.limits.body_bytes = 8;
    setup.limits.header_bytes = 256;
    return setup;
}

struct Listening : NetFixture {
    Listening() { BOOST_REQUIRE(server.listen(http::ListenAddress()).has_value()); }

    /// Sends bytes over a connection of their own; completes with all that comes back.
    asio::awaitable<std::string> said_to(std::string bytes) {
        asio::ip::tcp::socket socket(executor());
        asio::ip::tcp::endpoint const there(server.address(), server.port());
        co_await socket.async_connect(there, asio::use_awaitable);
        auto const out = asio::buffer(bytes);
        co_await asio::async_write(socket, out, asio::use_awaitable);
        std::string answer;
        for (;;) {
            std::array<char, 512> piece{};
            auto const into = asio::buffer(piece);
            auto const token = asio::as_tuple(asio::use_awaitable);
            auto const [ec, count] = co_await socket.async_read_some(into, token);
            if (ec) break;
            answer.append(piece.data(), count);
        }
        co_return answer;
    }
    /// Returns what came back for each, one after the other.
    std::vector<std::string> answers_to(std::vector<std::string> requests) {
        auto story = [&]() -> asio::awaitable<bool> {
            server.serve_in(group, echo);
            for (auto const& request : requests) {
                auto answer = co_await said_to(request);
                answers.push_back(std::move(answer));
            }
            group.cancel();
            co_await group.join();
            co_return true;
        };
        run(story());
        return answers;
    }

    http::Server server{executor(), clock, small_setup()};
    TaskGroup group{executor()};
    Echo echo;
    std::vector<std::string> answers;
};

} // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(addresses_to_listen_at) {
    struct Row {
        char const* text;
        char const* host;
        int port;
    };
    Row const rows[] = {{"127.0.0.1:80", "127.0.0.1", 80},
                        {"[::1]:0", "::1", 0},
                        {"0.0.0.0:65535", "0.0.0.0", 65535},
                        {":8080", "127.0.0.1", 8080},
                        {"localhost:1", "localhost", 1}};
    for (auto const& row : rows) {
        auto const address = http::read_listen_address(row.text);
        BOOST_REQUIRE_MESSAGE(address, row.text);
        BOOST_TEST(address->host == row.host);
        BOOST_TEST(address->port == row.port);
    }
    for (auto const* text : {"", "here", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "::1:80",
                             "127.0.0.1:65536", "127.0.0.1:-1"})
        BOOST_TEST(!http::read_listen_address(text), text);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_or_none_is_an_error_that_names_it) {
    NetFixture fix;
    http::Server first(fix.executor(), fix.clock, small_setup());
    BOOST_REQUIRE(first.listen(http::ListenAddress()).has_value());
    http::ListenAddress taken;
    taken.port = first.port();
    for (auto const& place : {taken, http::ListenAddress{"nowhere.example", 0}}) {
        http::Server second(fix.executor(), fix.clock, small_setup());
        auto const listening = second.listen(place);
        BOOST_REQUIRE(listening.has_error());
        BOOST_TEST((listening.error().code == http::Errc::bad_listen_address));
        BOOST_TEST(listening.error().detail.find(place.host) != std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(requests_reach_the_handler_one_connection_after_the_other, Listening) {
    std::string const close = "Connection: close\r\n";
    auto const got = answers_to(
        {"GET /a?b HTTP/1.1\r\nHost: h\r\n" + close + "\r\n",
         "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n" + close + "\r\nhi",
         "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n" + close + "\r\n"});
    BOOST_TEST(got[0].starts_with("HTTP/1.1 200 OK\r\nserver: test\r\n"));
    BOOST_TEST(got[0].ends_with("\r\n\r\nGET /a "));
    BOOST_TEST(got[1].ends_with("\r\n\r\nPOST /c hi"));
    BOOST_TEST(got[2].find("GET /1 HTTP/1.1 200") != std::string::npos);
    BOOST_TEST(echo.handled == 4);
    BOOST_TEST(server.connections() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_request_is_refused_before_the_handler, Listening) {
    auto const got =
        answers_to({"hello\r\n\r\n", "GET / HTTP/1.1\r\nX: " + std::string(300, 'x') + "\r\n\r\n",
                    "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n123456789",
                    "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"});
    BOOST_TEST(got[0].starts_with("HTTP/1.1 400 "));
    BOOST_TEST(got[1].starts_with("HTTP/1.1 431 "));
    BOOST_TEST(got[2].starts_with("HTTP/1.1 413 "));
    BOOST_TEST(got[3].starts_with("HTTP/1.1 400 "));
    BOOST_TEST(echo.handled == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
