// Requests over a pool of connections: the real Exchanger.
#pragma once

#include "runner/base/semaphore.hpp"
#include "runner/net/exchange.hpp"
#include "runner/net/exchanger.hpp"
#include "runner/net/http2_pool.hpp"
#include "runner/net/pool.hpp"
#include "runner/net/proxy.hpp"
#include "runner/net/resolver.hpp"

#include <map>
#include <memory>
#include <string>

namespace darkroom::net {

/// Settings of connections.
struct ConnectionOptions {
    std::shared_ptr<TlsContext>
        tls; ///< Null: a context that trusts the system is made when needed.
    Proxy proxy;
    std::string user_agent = "darkroom";
    HttpVersion version = HttpVersion::http1; ///< Never http2: that is for one origin.
    /// This origin has to speak HTTP/2, over plain http without an agreement; "": none has to.
    std::string http2_origin = {};
    /// Called once for each origin that offers HTTP/2 and does not speak it, with the reason; it
    /// gets HTTP/1.1 from then on. May be empty.
    std::function<void(std::string const& origin, Error const& why)> on_no_http2 = {};
};

/// Opens connections, through a proxy where there is one, and keeps idle ones for a short time.
class PooledExchanger final : public Exchanger {
public:
    /// The number of handshakes at a time. More wait, which the `connect` limit does not count. A
    /// handshake needs several times the memory of a waiting stream, and those after the first few
    /// resume a session.
    static constexpr int opening_max = 32;
    /// The same for origins that speak HTTP/2, or may: one connection has room for many requests.
    static constexpr int opening_http2_max = 4;

    /// `clock` is real time and outlives the exchanger.
    PooledExchanger(boost::asio::any_io_executor executor, Clock& clock, ConnectionOptions options);

    boost::asio::awaitable<Reply> exchange(Call call, TimeLimits limits,
                                           BodyReader& reader) override;

    std::size_t idle_connections() const { return pool_.idle(); }

private:
    /// Also more than a TLS record, so that a read never leaves bytes inside OpenSSL.
    static constexpr std::size_t scratch_size = 64u << 10;

    struct Link;
    struct Outgoing;
    /// The reason why an origin gets HTTP/1.1: it chose that, or it offers HTTP/2 in vain.
    enum class Http1 { chosen, forced };
    struct LinkTerms {
        Duration connect; ///< For opening a connection.
        Time end;         ///< For the whole exchange.
        HttpVersion version;
        bool fresh; ///< Never an idle connection of the pool.
    };
    boost::asio::awaitable<Reply> carry(Outgoing request, TimeLimits limits, BodyReader& reader);
    boost::asio::awaitable<Reply> send_over(Outgoing& request, Link& link, TimeLimits limits,
                                            Time end, BodyReader& reader);
    boost::asio::awaitable<Reply> over_http1(Outgoing& request,
                                             std::shared_ptr<Connection> connection,
                                             TimeLimits limits, Time end, BodyReader& reader);
    boost::asio::awaitable<Link> link_to(Origin origin, LinkTerms terms);
    boost::asio::awaitable<Link> open(Origin origin, HttpVersion version, Time deadline);
    boost::asio::awaitable<Link> open_once(Origin origin, HttpVersion version, Time deadline);
    boost::asio::awaitable<Error> secure(Connection& connection, Origin origin,
                                         HttpVersion version);
    bool find_open(Link& link, Origin const& origin, HttpVersion version);
    HttpVersion version_for(Call const& call) const;
    bool may_speak_http2(Origin const& origin, HttpVersion version) const;
    bool fall_back(Origin const& origin, Error const& why);
    Error lack_of_http2(Origin const& origin) const;
    Http2Request http2_request_of(Call& call) const;
    Result<TlsContext*> tls();
    std::string text_of(Call& call) const;
    std::span<char> scratch() { return {scratch_.get(), scratch_size}; }

    Clock& clock_;
    ConnectionOptions options_;
    Resolver resolver_;
    Pool pool_; // after options_: its connections end before the TLS context
    Http2Pool http2_;
    std::map<std::string, Http1, std::less<>> http1_; // the origins that do not get HTTP/2
    PrioritySemaphore openings_; // one permit a connection that is being opened
    PrioritySemaphore http2_openings_;
    std::unique_ptr<char[]> scratch_;
    bool has_spoken_http2_ = false; // the origin that has to
};

} // namespace darkroom::net
