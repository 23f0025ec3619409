// One connection that carries many requests at once, by HTTP/2.
#pragma once

#include "runner/net/connection.hpp"
#include "runner/net/http2_session.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace darkroom::net {

/// Create it with make_shared: the socket's waits check that it still exists. While no request is
/// under way, nothing waits. One thread.
class Http2Link : public std::enable_shared_from_this<Http2Link> {
public:
    /// `connection` is secured, and carries nothing else from here on. `clock` is real time and
    /// outlives the link, as does `scratch`, which is used only between two waits.
    Http2Link(std::shared_ptr<Connection> connection, Clock& clock, std::span<char> scratch);

    /// True when another request may be sent. Notices when the server has closed an idle
    /// connection.
    bool has_room();
    std::size_t requests() const { return session_.streams(); }
    /// Returns the time since when no request is under way.
    Time idle_since() const { return idle_since_; }

    /// Sends a request and reads its answer, as Exchanger::exchange() does. `end` ends it in any
    /// case. Cancel: terminal; throws operation_aborted, and only this request ends.
    boost::asio::awaitable<Reply> exchange(Http2Request request,
                                           std::function<void()> before_first_byte,
                                           TimeLimits limits, Time end, BodyReader& reader);

private:
    class Request;

    boost::asio::any_io_executor executor();
    void flush();
    bool fill();
    void read_what_is_there();
    void wait_for(Want want);
    void lose(Error const& error);

    std::shared_ptr<Connection> connection_;
    Clock& clock_;
    std::span<char> scratch_;
    Http2Session session_;
    std::string out_; // what the socket has not accepted yet begins at out_at_
    std::size_t out_at_ = 0;
    std::uint64_t accepted_ = 0;
    Time idle_since_;
    bool waits_to_read_ = false;
    bool waits_to_write_ = false;
    bool is_lost_ = false;
};

} // namespace darkroom::net
