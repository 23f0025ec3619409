// A channel with coroutines that wait for it and one timer that ends every wait.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/channel.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace darkroom::net {

/// The number of bytes written, and the error that stopped the rest.
struct Written {
    std::size_t bytes = 0;
    Error error;
};

/// Create it with make_shared: its timer checks that it still exists. One coroutine at a time.
/// All waits throw operation_aborted when cancelled (terminal); discard the connection then.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// `socket` is connected; `clock` outlives the connection and is real time.
    Connection(boost::asio::ip::tcp::socket socket, Clock& clock);

    /// Makes waits end with Errc::timed_out at `when`; `doing` (a literal) is the detail.
    /// Moving `when` later is cheap: the timer is only set again when it expires.
    void limit(Time when, std::string_view doing);
    /// Removes the limit while no wait is under way; the timer holds nothing then.
    void lift_limit();

    /// Completes when the TLS handshake is done. Errors: Channel's, Errc::timed_out.
    boost::asio::awaitable<Result<>> secure(TlsContext& context, Peer peer);
    /// Completes when the system has accepted all of `bytes`, or an error stopped it. `bytes` must
    /// outlive the call.
    boost::asio::awaitable<Written> write(std::string_view bytes);
    /// Completes when the socket is ready; the next step may still have to wait.
    boost::asio::awaitable<Result<>> ready(Want want);
    Step read(std::span<char> into) { return channel_.read(into); }
    /// For waits of another kind, after lift_limit().
    Channel& channel() { return channel_; }

    /// True when an idle connection is still open and has received nothing: it can carry another
    /// request.
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
