// A channel with coroutines to wait for it and one alarm that ends every wait.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/channel.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace darkroom::net {

/// How much of a text left, and why no more.
struct Written {
    std::size_t bytes = 0;
    Error error;
};

/// Made by make_shared only: its alarm looks whether it still lives. One coroutine at a time.
/// All waits throw operation_aborted when cancelled (terminal); the connection is then of no use.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// `socket` is connected; `clock` outlives the connection and is real time.
    Connection(boost::asio::ip::tcp::socket socket, Clock& clock);

    /// From now on waits end with Errc::timed_out at `when`; `doing` (a literal) is the detail.
    /// Cheap when `when` moves later: the alarm is set anew only when it goes off.
    void limit(Time when, std::string_view doing);
    /// No wait is under way and none is limited; nothing is left with the timer.
    void rest();

    /// Completes when the TLS handshake is done. Errors: Channel's, Errc::timed_out.
    boost::asio::awaitable<Result<>> secure(TlsContext& context, Peer peer);
    /// Completes when all of `bytes` is with the system, or no more can be. `bytes` is the
    /// caller's.
    boost::asio::awaitable<Written> write(std::string_view bytes);
    /// Completes when the socket is ready; a step may still want more.
    boost::asio::awaitable<Result<>> ready(Want want);
    Step read(std::span<char> into) { return channel_.read(into); }

    /// Whether a resting connection is still open and silent: fit for another request.
    bool is_quiet();

private:
    void arm(Time when);
    void on_alarm();

    Channel channel_;
    Clock& clock_;
    boost::asio::steady_timer alarm_;
    Time deadline_ = Time::max();
    std::string_view doing_;
    bool armed_ = false;
    bool expired_ = false;
};

} // namespace darkroom::net
