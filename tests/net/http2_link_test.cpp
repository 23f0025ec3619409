// A connection of HTTP/2 whose other side does not read: what has left, and when limits begin.
#include "runner/net/http2_link.hpp"

#include "runner/base/task_group.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/printing.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/socket.h>

namespace darkroom::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using net::Errc;

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
        auto leaving = [this] { ++left; };
        reply = co_await link->exchange(std::move(request), leaving, limits, end, nobody);
        co_return true;
    }

    struct Nobody : net::BodyReader {
        Result<> on_head(net::ResponseHead const&) override { return {}; }
        Result<bool> on_body(std::string_view) override { return true; }
    };

    SteadyClock clock;
    std::array<char, 4096> scratch;
    tcp::socket theirs{context};
    std::size_t stuffing = 0;
    std::shared_ptr<net::Connection> connection;
    std::shared_ptr<net::Http2Link> link;
    int left = 0;
};

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

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
