// Which of several addresses a connection is made to.
#include "runner/net/dial.hpp"

#include "runner/base/task_group.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/script_server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint at(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

/// Takes no connection and refuses none: its queue is full.
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
            // Not by Asio, which waits even so.
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
    /// Ends when the group is cancelled.
    asio::awaitable<void> dial_for_ever(tcp::endpoint where) {
        net::Addresses addresses(1, where);
        auto const dialled = co_await net::dial(clock, std::move(addresses), Time::max());
        BOOST_TEST(!dialled.socket.has_value(), "it has connected");
    }
    asio::awaitable<bool> cancel_a_dial(tcp::endpoint where) {
        TaskGroup group(context.get_executor());
        group.spawn(dial_for_ever(where));
        co_await clock.sleep_for(50ms);
        group.cancel();
        co_await group.join();
        bool const empty = group.size() == 0;
        co_return empty;
    }

    ScriptServer server{{Script().hold(), Script().hold()}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dial, DialFixture)

BOOST_AUTO_TEST_CASE(the_first_that_answers_is_kept) {
    BOOST_TEST(port_of(dial({at(server.port())})) == server.port());
    ScriptServer other({Script().hold()});
    BOOST_TEST(port_of(dial({at(other.port()), at(server.port())})) == other.port());
}

BOOST_AUTO_TEST_CASE(one_that_refuses_is_followed_at_once_by_the_next) {
    BOOST_TEST(port_of(dial({at(dead_port()), at(dead_port()), at(server.port())})) ==
               server.port());
}

BOOST_AUTO_TEST_CASE(one_that_is_silent_does_not_keep_the_next_from_trying) {
    Silent silent(context);
    BOOST_TEST(port_of(dial({silent.where(), at(server.port())})) == server.port());
    BOOST_TEST(port_of(dial({silent.where(), at(dead_port()), at(server.port())})) ==
               server.port());
}

BOOST_AUTO_TEST_CASE(when_all_refuse_the_last_error_is_told) {
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

BOOST_AUTO_TEST_CASE(a_cancelled_one_leaves_nothing_behind) {
    Silent silent(context);
    BOOST_TEST(run(cancel_a_dial(silent.where())));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
