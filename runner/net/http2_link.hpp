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
    static constexpr Duration silence_max = std::chrono::seconds(4);

    /// `connection` is secured, and carries nothing else from here on. `clock` is real time and
    /// outlives the link, as does `scratch`, which is used only between two waits.
    Http2Link(std::shared_ptr<Connection> connection, Clock& clock, std::span<char> scratch);

    /// Completes when the server has spoken HTTP/2: call it before the first request, so that
    /// nothing is lost to a server that cannot. Errors: Errc::timed_out, bad_answer, closed; the
    /// system's. Cancel: terminal.
    boost::asio::awaitable<Result<>> greet(Time deadline);
    /// True when another request may be sent. Notices when the server has closed an idle
    /// connection. One with requests that was silent for `silence_max` is asked for a sign of life
    /// first: what is sent over a dead connection is in doubt.
    bool has_room();
    /// True when the server has broken the rules of HTTP/2, or refuses to speak it.
    bool is_broken() const { return session_.is_broken(); }
    std::size_t requests() const { return session_.streams(); }
    /// Returns the time since when no request is under way.
    Time idle_since() const { return idle_since_; }

    /// Sends a request and reads its answer, as Exchanger::exchange() does. `end` ends it in any
    /// case. Cancel: terminal; throws operation_aborted, and only this request ends.
    boost::asio::awaitable<Reply> exchange(Http2Request request,
                                           std::function<bool()> before_first_byte,
                                           TimeLimits limits, Time end, BodyReader& reader);

private:
    class Request;
    static boost::asio::awaitable<Reply> until_ended(std::unique_ptr<Request> request);

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
    Time heard_at_;           // when the last bytes came
    bool is_asked_ = false;   // for a sign of life, since then
    bool is_stalled_ = false; // a request could not leave in time: it takes no more
    bool waits_to_read_ = false;
    bool waits_to_write_ = false;
    bool is_lost_ = false;
    Error why_lost_;
};

} // namespace darkroom::net
