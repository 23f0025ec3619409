// The HTTP server over HTTP/2, against clients that play frames, written byte by byte.
#include "runner/http/error.hpp"
#include "runner/http/server.hpp"
#include "tests/net/http2_frames.hpp"
#include "tests/net/net_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <set>

namespace darkroom::test {

namespace asio = boost::asio;
using namespace frames;

namespace {

constexpr std::string_view client_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::uint32_t no_error = 0;
constexpr std::uint32_t enhance_your_calm = 11;
constexpr std::string_view as_post = "\x83\x86"; // ":method: POST", ":scheme: http", of the table
constexpr std::string_view as_get = "\x82\x86";

std::string path(std::string_view text) { return field(":path", text) + field(":authority", "h"); }
std::string get_of(std::uint32_t stream, std::string_view where) {
    return head(stream, std::string(as_get) + path(where), end_stream);
}

/// Does what the path says, and counts.
struct Player final : http::Handler {
    asio::awaitable<void> handle(http::Exchange& exchange) override {
        ++handled;
        auto const& request = exchange.request();
        auto const what = request.path;
        if (what == "/nothing") co_return;
        if (what == "/reset") exchange.reset();
        if (what == "/reset") co_return;
        if (what == "/pieces" || what == "/cut") {
            http::Head begin;
            begin.headers.push_back({"X-Kind", "pieces"});
            begin.headers.push_back({"Connection", "close"});
            auto const begun = co_await exchange.begin(std::move(begin));
            auto const one = co_await exchange.write("one ");
            auto const two = co_await exchange.write("two");
            results.insert(results.end(), {begun, one, two});
            if (what == "/cut") exchange.cut();
            if (what == "/cut") co_return;
            auto const whole = co_await exchange.finish();
            results.push_back(whole);
            co_return;
        }
        while (what == "/wait" && !is_open) co_await gate->wait();
        http::Reply reply;
        reply.body = fmt::format("{} {} {} {} {}", request.method, what, request.query,
                                 request.header("host"), exchange.take_body());
        if (what == "/large") reply.body.assign(200'000, 'x');
        auto const sent = co_await exchange.answer(std::move(reply));
        results.push_back(sent);
    }
    http::Reply refusal(int status, std::string why) override {
        http::Reply reply;
        reply.status = status;
        reply.body = std::move(why);
        return reply;
    }
    int handled = 0;
    bool is_open = false; // then no request waits
    Gate* gate = nullptr;
    std::vector<Result<>> results;
};

http::ServerSetup http2_setup() {
    http::ServerSetup setup;
    setup.name = "test";
    setup.connections_max = 4;
    setup.limits.body_bytes = 100'000;
    setup.limits.header_bytes = 512;
    setup.has_http2 = true;
    return setup;
}

/// All that a server has said.
struct Heard {
    std::string text; // all bytes, when they are no frames
    std::map<std::uint32_t, std::string> bodies;
    std::map<std::uint32_t, std::string> heads; // as HPACK has them
    std::map<std::uint32_t, std::uint32_t> resets;
    std::set<std::uint32_t> ended;
    std::optional<std::uint32_t> goodbye; // its code
    std::size_t settings = 0, pings = 0, room = 0;
    bool is_over = false;
};

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (auto const c : bytes.substr(at, 4)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

/// Takes the whole frames off `bytes`.
void note_frames(std::string& bytes, Heard& heard) {
    while (bytes.size() >= 9) {
        auto const size = number_at(std::string(1, '\0') + bytes.substr(0, 3), 0);
        if (bytes.size() < 9 + size) return;
        auto const type = bytes[3];
        auto const flags = bytes[4];
        auto const stream = number_at(bytes, 5);
        auto const payload = bytes.substr(9, size);
        bytes.erase(0, 9 + size);
        if (type == data) heard.bodies[stream] += payload;
        if (type == headers) heard.heads[stream] = payload;
        if (type == rst_stream) heard.resets[stream] = number_at(payload, 0);
        if (type == goaway) heard.goodbye = number_at(payload, 4);
        if (type == settings) ++heard.settings;
        if (type == ping) ++heard.pings;
        if (type == window_update) ++heard.room;
        if ((type == data || type == headers) && (flags & end_stream) != 0)
            heard.ended.insert(stream);
    }
}

struct Playing : NetFixture {
    Playing() { player.gate = &gate; }

    using Condition = std::function<bool(Heard const&)>;

    /// Sends bytes over a connection, and reads until `enough` or the end.
    asio::awaitable<Heard> play(std::string bytes, Condition enough) {
        asio::ip::tcp::socket socket(executor());
        asio::ip::tcp::endpoint const there(server->address(), server->port());
        co_await socket.async_connect(there, asio::use_awaitable);
        auto const out = asio::buffer(bytes);
        auto const token = asio::as_tuple(asio::use_awaitable);
        auto const [unsent, sent] = co_await asio::async_write(socket, out, token);
        (void)unsent;
        (void)sent;
        Heard heard;
        std::string unread;
        while (!enough(heard)) {
            std::array<char, 4096> piece{};
            auto const into = asio::buffer(piece);
            auto const [ec, count] = co_await socket.async_read_some(into, token);
            heard.is_over = ec.failed();
            if (ec) break;
            unread.append(piece.data(), count);
            heard.text.append(piece.data(), count);
            note_frames(unread, heard);
        }
        co_return heard;
    }
    /// Returns what the server said to these frames, after the preface.
    Heard said_to(std::string const& frames_sent, Condition enough) {
        return said_to_bytes(std::string(client_preface) + hello() + frames_sent,
                             std::move(enough));
    }
    Heard said_to_bytes(std::string bytes, Condition enough) {
        server.emplace(executor(), clock, setup);
        BOOST_REQUIRE(server->listen(http::ListenAddress()).has_value());
        Heard heard;
        auto story = [&]() -> asio::awaitable<bool> {
            server->serve_in(group, player);
            heard = co_await play(std::move(bytes), std::move(enough));
            while (before_end && !before_end()) co_await clock.sleep_for(1ms);
            server->close();
            group.cancel();
            co_await group.join();
            co_return true;
        };
        run(story());
        BOOST_TEST(server->connections() == 0u);
        return heard;
    }

    http::ServerSetup setup = http2_setup();
    std::optional<http::Server> server;
    TaskGroup group{executor()};
    Gate gate{executor()};
    Player player;
    std::function<bool()> before_end; // the client is gone; waits until this is true
};

Playing::Condition ended(std::uint32_t stream) {
    return [stream](Heard const& heard) { return heard.ended.contains(stream); };
}
Playing::Condition reset(std::uint32_t stream) {
    return [stream](Heard const& heard) { return heard.resets.contains(stream); };
}
bool never(Heard const&) { return false; }

} // namespace

BOOST_AUTO_TEST_SUITE(http2_server)

BOOST_FIXTURE_TEST_CASE(a_request_reaches_the_handler_as_over_http_1, Playing) {
    auto const heard = said_to(head(first, std::string(as_post) + path("/a?b=c")) +
                                   body(first, "hello", end_stream),
                               ended(first));
    BOOST_TEST(heard.bodies.at(first) == "POST /a b=c h hello");
    BOOST_TEST(heard.heads.at(first).find("x-trace") == std::string::npos);
    BOOST_TEST(heard.settings >= 2u); // its own, and the word that it has ours
    BOOST_TEST(heard.resets.empty());
    BOOST_TEST(player.handled == 1);
}

BOOST_FIXTURE_TEST_CASE(without_the_preface_it_is_http_1, Playing) {
    for (std::string const begin : {"GET /a", "PUT /a", "P /a"}) {
        auto const heard =
            said_to_bytes(begin + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", never);
        BOOST_TEST(heard.text.starts_with("HTTP/1.1 200 OK\r\n"));
    }
    setup.has_http2 = false;
    auto const heard = said_to(get_of(first, "/a"), never);
    BOOST_TEST(heard.text.starts_with("HTTP/1.1 400 "));
}

BOOST_FIXTURE_TEST_CASE(many_requests_share_a_connection_and_none_waits_for_another, Playing) {
    auto const heard =
        said_to(get_of(1, "/wait") + get_of(3, "/b") + get_of(5, "/c"),
                [](Heard const& h) { return h.ended.contains(3) && h.ended.contains(5); });
    BOOST_TEST(heard.bodies.at(3) == "GET /b  h ");
    BOOST_TEST(heard.bodies.at(5) == "GET /c  h ");
    BOOST_TEST(!heard.ended.contains(1));
    BOOST_TEST(player.handled == 3);
}

BOOST_FIXTURE_TEST_CASE(an_answer_comes_in_pieces_and_no_field_speaks_of_the_connection, Playing) {
    before_end = [this] { return player.results.size() == 4; };
    auto const heard = said_to(get_of(first, "/pieces"), ended(first));
    BOOST_TEST(heard.bodies.at(first) == "one two");
    for (auto const& result : player.results) BOOST_TEST(result.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_cut_or_reset_strikes_one_stream, Playing) {
    for (auto const* where : {"/cut", "/reset", "/nothing"}) {
        auto const heard = said_to(get_of(first, where) + get_of(second, "/b"), [](Heard const& h) {
            return h.resets.contains(first) && h.ended.contains(second);
        });
        BOOST_TEST(heard.resets.at(first) == internal_error);
        BOOST_TEST(!heard.ended.contains(first));
        BOOST_TEST(heard.bodies.contains(first) == (where == std::string("/cut")));
        BOOST_TEST(heard.bodies.at(second) == "GET /b  h ");
        BOOST_TEST(!heard.goodbye.has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(a_large_answer_waits_for_the_clients_window, Playing) {
    std::string all = get_of(first, "/large");
    auto const heard = said_to(all, [](Heard const& h) {
        return h.bodies.contains(first) && h.bodies.at(first).size() == first_window;
    });
    BOOST_TEST(!heard.ended.contains(first));
    BOOST_REQUIRE(player.results.size() <= 1u); // gone, with the connection
    all = room_for(0, 1 << 20) + get_of(first, "/large") + room_for(first, 1 << 20);
    BOOST_TEST(said_to(all, ended(first)).bodies.at(first).size() == 200'000u);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_does_not_open_its_window_is_let_go, Playing) {
    setup.limits.write = 50ms;
    auto const heard = said_to(get_of(first, "/large"), reset(first));
    BOOST_TEST(heard.resets.at(first) == internal_error);
    BOOST_REQUIRE(player.results.size() == 1u);
    BOOST_REQUIRE(player.results[0].has_error());
    BOOST_TEST((player.results[0].error().code == http::Errc::peer_gone));
}

BOOST_FIXTURE_TEST_CASE(what_is_too_large_is_refused_before_the_handler, Playing) {
    std::string large;
    for (int i = 0; i < 7; ++i) large += body(first, std::string(16'000, 'x'));
    auto heard = said_to(head(first, std::string(as_post) + path("/a")) + large, reset(first));
    BOOST_TEST(heard.ended.contains(first));
    BOOST_TEST(heard.bodies.at(first) == "body limit exceeded");
    BOOST_TEST(heard.resets.at(first) == no_error);
    auto fields = std::string(as_get) + path("/a");
    for (int i = 0; i < 6; ++i) fields += field("x-filler", std::string(100, 'x'));
    heard = said_to(head(first, fields, end_stream), ended(first));
    BOOST_TEST(heard.bodies.at(first) == "header limit exceeded");
    BOOST_TEST(player.handled == 0);
}

BOOST_FIXTURE_TEST_CASE(floods_end_the_connection, Playing) {
    std::string pings, parts, settings_again, resets, rest;
    for (int i = 0; i < 3000; ++i) {
        pings += frame(ping, 0, 0, "12345678");
        parts += body(first, "");
        settings_again += hello();
    }
    for (std::uint32_t stream = 1; stream < 2600; stream += 2)
        resets += get_of(stream, "/b") + reset_of(stream, 8);
    auto const open = head(first, std::string(as_post) + path("/a"));
    for (auto const& flood : {pings, open + parts, settings_again, resets}) {
        auto const heard = said_to(flood, never);
        BOOST_TEST(heard.is_over);
        if (heard.goodbye) BOOST_TEST(*heard.goodbye == enhance_your_calm);
    }
    std::string heads = frame(headers, 0, first, std::string(as_get) + path("/a"));
    for (int i = 0; i < 3000; ++i) heads += frame(continuation, 0, first, "");
    BOOST_TEST(said_to(heads, never).is_over);
}

BOOST_FIXTURE_TEST_CASE(streams_beyond_the_limit_are_not_taken, Playing) {
    std::string all;
    for (std::uint32_t i = 0; i < 300; ++i) all += get_of(2 * i + 1, "/wait");
    auto const heard = said_to(
        all, [](Heard const& h) { return h.resets.size() == 44u || h.goodbye.has_value(); });
    BOOST_TEST(player.handled == 256);
    for (auto const& [stream, code] : heard.resets) BOOST_TEST(code == refused_stream);
}

BOOST_FIXTURE_TEST_CASE(handlers_of_reset_streams_count_as_long_as_they_run, Playing) {
    std::string all;
    for (std::uint32_t i = 0; i < 300; ++i)
        all += get_of(2 * i + 1, "/wait") + reset_of(2 * i + 1, 8);
    all += get_of(601, "/b");
    auto const heard = said_to(all, reset(601));
    BOOST_TEST(player.handled == 256);
    BOOST_TEST(heard.resets.at(601) == refused_stream);
}

BOOST_FIXTURE_TEST_CASE(a_connection_without_requests_ends, Playing) {
    setup.limits.idle = 50ms;
    auto heard = said_to("", never);
    BOOST_TEST(heard.is_over);
    BOOST_TEST((heard.goodbye == no_error));
    heard = said_to(get_of(first, "/b"), never); // after the last request, too
    BOOST_TEST(heard.ended.contains(first));
    BOOST_TEST((heard.goodbye == no_error));
    heard = said_to_bytes(std::string(client_preface.substr(0, 20)), never);
    BOOST_TEST(heard.is_over);
}

BOOST_FIXTURE_TEST_CASE(a_request_that_does_not_come_is_dropped, Playing) {
    setup.limits.body = 50ms;
    auto heard =
        said_to(head(first, std::string(as_post) + path("/a")) + body(first, "some"), reset(first));
    BOOST_TEST(heard.resets.at(first) == internal_error);
    BOOST_TEST(player.handled == 0);
    heard = said_to(get_of(first, "/wait") + head(second, std::string(as_post) + path("/a")),
                    reset(second));
    BOOST_TEST(!heard.resets.contains(first)); // it waits for its answer
}

BOOST_FIXTURE_TEST_CASE(a_body_that_is_expected_to_be_welcome_is_welcomed, Playing) {
    auto const fields = std::string(as_post) + path("/a") + field("expect", "100-continue");
    auto const heard =
        said_to(head(first, fields), [](Heard const& h) { return h.heads.contains(first); });
    BOOST_TEST(heard.heads.contains(first));
    BOOST_TEST(!heard.ended.contains(first));
}

BOOST_FIXTURE_TEST_CASE(what_breaks_the_rules_ends_the_connection_or_the_stream, Playing) {
    std::string const huge("\xff\xff\xff", 3);
    for (auto const& bytes :
         {body(first, "before a head"), frame(ping, 0, 0, "short"), huge + std::string(6, '\0'),
          head(first, "\xff\xff\xff\xff\xff"), get_of(2, "/a"), room_for(0, 0)}) {
        auto const heard = said_to(bytes, never);
        BOOST_TEST(heard.is_over);
        BOOST_TEST(heard.goodbye.has_value());
    }
    for (auto const& fields :
         {std::string(as_get), std::string(as_get) + path("/a") + field("Upper", "1"),
          std::string(as_post) + path("/a") + field("content-length", "9")}) {
        auto const heard =
            said_to(head(first, fields) + body(first, "one", end_stream), reset(first));
        BOOST_TEST(heard.resets.contains(first));
    }
    BOOST_TEST(player.handled == 0);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_is_gone_keeps_no_handler_from_its_end, Playing) {
    before_end = [this] {
        player.is_open = true;
        gate.wake_all();
        return player.results.size() == 1;
    };
    auto const heard = said_to(get_of(first, "/wait"), [this](Heard const& h) {
        return h.settings >= 2 && player.handled == 1;
    });
    BOOST_TEST(!heard.ended.contains(first));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
