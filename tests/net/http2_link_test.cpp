// A connection of HTTP/2 whose other side does not read: what has left, and when limits begin.
#include "runner/net/http2_link.hpp"

#include "runner/base/task_group.hpp"
#include "tests/net/http2_frames.hpp"
#include "tests/net/later_clock.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/socket.h>

namespace darkroom::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using net::Errc;
using net::Sent;
using net::Stage;

namespace {

/// A link to a server that has read nothing so far, and whose socket takes no byte.
struct StuffedLink : LoopFixture {
    StuffedLink() {
        tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
        tcp::socket ours(context);
        ours.connect(acceptor.local_endpoint());
        acceptor.accept(theirs);
        auto const handle = ours.native_handle();
        connection = std::make_shared<net::Connection>(std::move(ours), clock);
        while (stuff(handle)) ::poll(nullptr, 0, 50); // what the system passes on makes room again
        link = std::make_shared<net::Http2Link>(connection, clock, scratch);
    }

    /// Writes until the socket takes no byte more; false when it took none.
    bool stuff(int handle) {
        std::string const filler(1u << 16, 'x');
        auto const before = stuffing;
        for (auto size = filler.size(); size > 0;) {
            auto const moved = ::send(handle, filler.data(), size, MSG_NOSIGNAL);
            if (moved > 0) stuffing += static_cast<std::size_t>(moved);
            if (moved < 0) size /= 2;
        }
        return stuffing > before;
    }

    asio::awaitable<bool> ask(net::TimeLimits limits, net::Reply& reply) {
        net::Http2Request request{"POST", "http", "h", "/", {}, "{}"};
        Nobody nobody;
        auto const end = clock.now() + limits.total;
        auto leaving = [this] { return ++left > 0; };
        reply = co_await link->exchange(std::move(request), leaving, limits, end, nobody);
        co_return true;
    }

    /// Reads what the socket was stuffed with, and frames until so many streams have ended.
    asio::awaitable<void> read_requests(int count) {
        constexpr std::size_t preface = 24;
        std::string bytes(stuffing + preface, '\0');
        auto const before = asio::buffer(bytes);
        co_await asio::async_read(theirs, before, asio::use_awaitable);
        std::string head(9, '\0');
        while (count > 0) {
            auto const into = asio::buffer(head);
            co_await asio::async_read(theirs, into, asio::use_awaitable);
            auto const at = [&head](std::size_t i) { return static_cast<unsigned char>(head[i]); };
            bytes.resize(static_cast<std::size_t>(at(1) << 8 | at(2)));
            auto const payload = asio::buffer(bytes);
            co_await asio::async_read(theirs, payload, asio::use_awaitable);
            if (at(3) <= 1 && (at(4) & 1) != 0) --count;
        }
    }

    struct Nobody : net::BodyReader {
        Result<> on_head(net::ResponseHead const&) override { return {}; }
        Result<bool> on_body(std::string_view) override { return true; }
    };

    /// Reads frames until one of this type; false at the end of the connection.
    asio::awaitable<bool> read_until(frames::FrameType type) {
        for (std::string head(9, '\0'), payload;;) {
            auto const into = asio::buffer(head);
            auto [ended, size] =
                co_await asio::async_read(theirs, into, asio::as_tuple(asio::use_awaitable));
            if (ended) co_return false;
            auto const at = [&head](std::size_t i) { return static_cast<unsigned char>(head[i]); };
            payload.resize(static_cast<std::size_t>(at(1) << 8 | at(2)));
            auto const rest = asio::buffer(payload);
            co_await asio::async_read(theirs, rest, asio::use_awaitable);
            if (at(3) == static_cast<unsigned char>(type)) co_return true;
        }
    }

    LaterClock clock;
    std::array<char, 4096> scratch;
    tcp::socket theirs{context};
    std::size_t stuffing = 0;
    std::shared_ptr<net::Connection> connection;
    std::shared_ptr<net::Http2Link> link;
    int left = 0;
};

asio::awaitable<void> discard(asio::awaitable<bool> work) {
    auto const done = co_await std::move(work);
    (void)done;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http2_link)

BOOST_FIXTURE_TEST_CASE(nothing_waits_for_the_socket_after_the_last_request, StuffedLink) {
    auto limits = short_limits();
    limits.idle = limits.first = 50ms;
    net::Reply reply;
    bool over = false;
    asio::co_spawn(context, ask(limits, reply), [&](std::exception_ptr, bool) { over = true; });
    while (!over) context.run_one();
    BOOST_TEST(reply.error.code == Errc::timed_out);
    context.poll();
    BOOST_TEST(context.stopped()); // the loop has nothing left to do, though the link still exists
    BOOST_TEST(link.use_count() == 1);
}

BOOST_FIXTURE_TEST_CASE(what_the_system_has_not_accepted_is_not_sent, StuffedLink) {
    auto limits = short_limits();
    limits.idle = 50ms;
    limits.first = 1ms; // does not begin before the request has left
    net::Reply reply;
    run(ask(limits, reply));
    BOOST_TEST(reply.error.code == Errc::timed_out);
    BOOST_TEST(reply.error.detail == "sending the request");
    BOOST_TEST((reply.stage == Stage::sending));
    BOOST_TEST((reply.sent == Sent::none));
}

BOOST_FIXTURE_TEST_CASE(the_first_limit_begins_when_a_request_leaves_late, StuffedLink) {
    auto limits = short_limits();
    limits.total = 2s; // the limit of a request that is thought to be unsent
    limits.first = 50ms;
    std::array<net::Reply, 2> replies; // the second waits behind what the first has to send
    auto const story = [&]() -> asio::awaitable<bool> {
        TaskGroup group(executor());
        group.spawn(discard(ask(limits, replies[0])));
        group.spawn(discard(ask(limits, replies[1])));
        while (link->requests() < 2) co_await clock.sleep_for(1ms);
        co_await read_requests(2);
        co_await group.join();
        co_return true;
    };
    run(story());
    BOOST_TEST(left == 2);
    for (auto const& reply : replies) {
        BOOST_TEST(reply.error.code == Errc::timed_out);
        BOOST_TEST(reply.error.detail == "waiting for an answer");
        BOOST_TEST((reply.stage == Stage::waiting));
        BOOST_TEST((reply.sent == Sent::wholly));
    }
}

BOOST_FIXTURE_TEST_CASE(a_request_that_waits_for_the_socket_may_still_be_kept_back, StuffedLink) {
    auto limits = short_limits();
    auto impatient = limits;
    limits.first = 50ms;
    impatient.idle = 50ms;
    net::Reply first, second;
    auto const story = [&]() -> asio::awaitable<bool> {
        TaskGroup group(executor());
        group.spawn(discard(ask(limits, first)));
        while (link->requests() < 1) co_await clock.sleep_for(1ms);
        auto const asked = co_await ask(impatient, second);
        (void)asked;
        co_await read_requests(1);
        co_await group.join();
        co_return true;
    };
    run(story());
    BOOST_TEST(left == 1); // the second has not left, and will not
    BOOST_TEST((second.sent == Sent::none));
    BOOST_TEST((second.stage == Stage::sending));
    BOOST_TEST((first.sent == Sent::wholly));
    BOOST_TEST(first.error.detail == "waiting for an answer");
}

BOOST_FIXTURE_TEST_CASE(a_silent_connection_shows_that_it_lives_before_it_takes_more, StuffedLink) {
    net::Reply reply;
    bool has_room_before = false, has_room_in_silence = true, was_asked = false;
    auto const story = [&]() -> asio::awaitable<bool> {
        TaskGroup group(executor());
        group.spawn(discard(ask(short_limits(), reply)));
        while (link->requests() < 1) co_await clock.sleep_for(1ms);
        has_room_before = link->has_room();
        co_await read_requests(1);
        clock.leap = net::Http2Link::silence_max;
        has_room_in_silence = link->has_room() || link->has_room();
        was_asked = co_await read_until(frames::ping);
        auto const answer = frames::hello() + frames::frame(frames::ping, 1, 0, "12345678");
        auto const bytes = asio::buffer(answer);
        co_await asio::async_write(theirs, bytes, asio::use_awaitable);
        while (!link->has_room()) co_await clock.sleep_for(1ms);
        group.cancel();
        co_await group.join();
        co_return true;
    };
    run(story());
    BOOST_TEST(has_room_before);
    BOOST_TEST(!has_room_in_silence);
    BOOST_TEST(was_asked);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
