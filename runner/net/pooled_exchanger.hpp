// Requests over a pool of connections: the real Exchanger.
#pragma once

#include "runner/base/semaphore.hpp"
#include "runner/net/exchange.hpp"
#include "runner/net/exchanger.hpp"
#include "runner/net/http2_pool.hpp"
#include "runner/net/pool.hpp"
#include "runner/net/proxy.hpp"
#include "runner/net/resolver.hpp"
#include "runner/net/spoken_versions.hpp"

#include <memory>
#include <string>

namespace darkroom::net {

/// A server that offers HTTP/2 and gets HTTP/1.1. Reported once for a while, and once for good.
struct NoHttp2 {
    std::string origin;
    Error why;                ///< The end of its last connection.
    bool is_for_good = false; ///< It has broken the rules of HTTP/2.
};

/// Settings of connections.
struct ConnectionOptions {
    std::shared_ptr<TlsContext>
        tls; ///< Null: a context that trusts the system is made when needed.
    Proxy proxy;
    std::string user_agent = "darkroom";
    HttpVersion version = HttpVersion::http1; ///< Never http2: that is for one origin.
    /// This origin has to speak HTTP/2, over plain http without an agreement; "": none has to.
    std::string http2_origin = {};
    std::function<void(NoHttp2 const&)> on_no_http2 = {}; ///< May be empty.
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
    void note_lack(Origin const& origin, Time begun, Link const& link);
    void note_broken(Origin const& origin, Error const& why);
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
    SpokenVersions versions_;
    PrioritySemaphore openings_; // one permit a connection that is being opened
    PrioritySemaphore http2_openings_;
    std::unique_ptr<char[]> scratch_;
};

} // namespace darkroom::net
