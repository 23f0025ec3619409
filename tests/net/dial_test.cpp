// The choice between several addresses of a host.
#include "runner/net/channel.hpp"
#include "runner/net/dial.hpp"
#include "runner/net/resolver.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/script_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <netinet/tcp.h>
#include <utility>

namespace darkroom::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint at(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

/// Neither accepts nor refuses connections: its queue is full.
class Silent {
public:
    explicit Silent(asio::io_context& context) : acceptor_(context) {
        acceptor_.open(tcp::v4());
        acceptor_.bind(at(0));
        acceptor_.listen(0);
        for (int i = 0; i < 8; ++i) {
            auto& socket = queue_.emplace_back(context, tcp::v4());
            socket.native_non_blocking(true);
            auto const where = acceptor_.local_endpoint();
            // Not with Asio, which would wait.
            ::connect(socket.native_handle(), where.data(), static_cast<socklen_t>(where.size()));
        }
    }
    tcp::endpoint where() const { return acceptor_.local_endpoint(); }

private:
    tcp::acceptor acceptor_;
    std::vector<tcp::socket> queue_;
};

struct DialFixture : NetFixture {
    net::Dialled dial(net::Addresses addresses, Duration limit = 20s) {
        return run(net::dial(clock, std::move(addresses), clock.now() + limit));
    }
    std::uint16_t port_of(net::Dialled const& dialled) {
        BOOST_REQUIRE_MESSAGE(dialled.socket.has_value(), dialled.error.message());
        return dialled.socket->remote_endpoint().port();
    }
    ScriptServer server{{Script().hold(), Script().hold()}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dial, DialFixture)

BOOST_AUTO_TEST_CASE(the_first_connection_that_answers_is_kept) {
    BOOST_TEST(port_of(dial({at(server.port())})) == server.port());
    ScriptServer other({Script().hold()});
    BOOST_TEST(port_of(dial({at(other.port()), at(server.port())})) == other.port());
}

BOOST_AUTO_TEST_CASE(the_system_gives_up_what_is_not_acknowledged_for_twenty_seconds) {
    auto dialled = dial({at(server.port())});
    BOOST_TEST_REQUIRE(dialled.socket.has_value());
    net::Channel channel(std::move(*dialled.socket));
    unsigned limit_ms = 0;
    socklen_t size = sizeof limit_ms;
    BOOST_TEST(::getsockopt(channel.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT,
                            &limit_ms, &size) == 0);
    BOOST_TEST(limit_ms == 20'000u);
}

BOOST_AUTO_TEST_CASE(an_address_that_refuses_is_followed_at_once_by_the_next) {
    BOOST_TEST(port_of(dial({at(dead_port()), at(dead_port()), at(server.port())})) ==
               server.port());
}

BOOST_AUTO_TEST_CASE(a_silent_address_does_not_keep_the_next_from_trying) {
    Silent silent(context);
    BOOST_TEST(port_of(dial({silent.where(), at(server.port())})) == server.port());
    BOOST_TEST(port_of(dial({silent.where(), at(dead_port()), at(server.port())})) ==
               server.port());
}

BOOST_AUTO_TEST_CASE(when_all_refuse_the_last_error_is_returned) {
    auto const dialled = dial({at(dead_port()), at(dead_port())});
    BOOST_TEST(!dialled.socket.has_value());
    BOOST_TEST((dialled.error.code == asio::error::connection_refused));
}

BOOST_AUTO_TEST_CASE(the_deadline_ends_it) {
    Silent silent(context);
    for (net::Addresses const& addresses :
         {net::Addresses{silent.where()}, net::Addresses{silent.where(), silent.where()}}) {
        auto const dialled = dial(addresses, 300ms);
        BOOST_TEST(!dialled.socket.has_value());
        BOOST_TEST((dialled.error.code == net::Errc::timed_out));
    }
    BOOST_TEST((dial({at(server.port())}, Duration(0)).error.code == net::Errc::timed_out));
}

BOOST_AUTO_TEST_CASE(a_cancelled_dial_leaves_nothing_behind) {
    Silent silent(context);
    asio::cancellation_signal signal;
    bool ended = false;
    auto on_end = [&](std::exception_ptr error, net::Dialled const&) { ended = error != nullptr; };
    asio::co_spawn(context, net::dial(clock, {silent.where()}, Time::max()),
                   asio::bind_cancellation_slot(signal.slot(), on_end));
    context.poll();
    BOOST_TEST(!context.stopped(), "nobody waits for the connection");
    signal.emit(asio::cancellation_type::terminal);
    context.poll();
    BOOST_TEST(ended);
    BOOST_TEST(context.stopped(), "a connection is still in use");
}

BOOST_AUTO_TEST_CASE(a_host_of_very_many_addresses_is_tried_at_a_few) {
    std::vector<asio::ip::address> found;
    for (unsigned i = 0; i < 4000; ++i) found.emplace_back(asio::ip::address_v4(i));
    found.emplace_back(asio::ip::address_v6::loopback());
    auto const tried = net::by_turns(found);
    BOOST_TEST(tried.size() == net::addresses_max);
    BOOST_TEST(tried.front() == found.front());
    BOOST_TEST(tried.at(1) == found.back()); // the other family has its turn
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
