// HTTP/1.1 over a pool of connections: streams of lines, whole answers, downloads.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/net/exchange.hpp"
#include "runner/net/line_splitter.hpp"
#include "runner/net/pool.hpp"
#include "runner/net/proxy.hpp"
#include "runner/net/resolver.hpp"
#include "runner/net/url.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::net {

class RecordedExchange;
class Recording;

struct HttpOptions {
    std::shared_ptr<TlsContext> tls; ///< Null: one that trusts the system is made when needed.
    Proxy proxy;
    std::string user_agent = "darkroom";
    std::shared_ptr<Recording> recording; ///< Every exchange goes into it; null: none.
};

struct PostRequest {
    Url url;
    std::string authorization; ///< The header's value, or "". Never shown.
    std::string accept;
    std::string body;                ///< JSON; freed once it is sent.
    bool repeatable = false;         ///< Sending it twice does no harm.
    std::size_t body_max = 1u << 20; ///< Of an answer that is kept whole.
};

struct GetRequest {
    Url url;
    std::string authorization; ///< Sent to this URL's origin only, not to where it redirects.
    std::uint64_t offset = 0;  ///< Continue from here, if the content is still that of `etag`.
    std::string etag;          ///< A strong ETag or a Last-Modified date.
};

struct GetLimits {
    TimeLimits time;
    std::size_t bytes_per_idle = 16u << 10; ///< Lowest speed: so many in each `time.idle`.
};

/// One a program. Cancel of any function: terminal; throws operation_aborted and closes the
/// connection. Everything else is in the Reply.
class HttpClient {
public:
    static constexpr int redirects_max = 5;
    /// Handshakes at a time; more wait their turn, which `connect` does not count. A handshake
    /// needs several times the memory of a waiting stream, and those after the first few resume a
    /// session.
    static constexpr int opening_max = 32;

    /// `clock` is real time and outlives the client; so does every sink its call.
    HttpClient(boost::asio::any_io_executor executor, Clock& clock, HttpOptions options);

    /// The lines of a 2xx answer go to `lines` as they arrive; the body of any other is kept in the
    /// Reply, up to `body_max`. `first` ends with the first line end, `idle` is between two.
    boost::asio::awaitable<Reply> post_stream(PostRequest request, TimeLimits limits,
                                              LineSink& lines);
    /// The whole body is in the Reply. Errors: Errc::body_too_large.
    boost::asio::awaitable<Reply> post(PostRequest request, TimeLimits limits);
    /// Follows redirects, never from https to http. A 200 or 206 goes to `into`; the start of any
    /// other body is kept in the Reply. A 416 or an answer that does not fit the offset is asked
    /// for again from the start, once.
    boost::asio::awaitable<Reply> get(GetRequest request, GetLimits limits, ByteSink& into);

    std::size_t resting_connections() const { return pool_.resting(); }

private:
    struct Call;
    struct Doors;
    struct Link;

    boost::asio::awaitable<Reply> exchange(Call call, TimeLimits limits, BodyReader& reader);
    struct LinkTerms {
        Duration connect; ///< For the opening itself.
        Time end;         ///< For all of it.
        bool fresh;       ///< No connection that has rested.
    };
    boost::asio::awaitable<Link> link_to(Origin origin, LinkTerms terms);
    boost::asio::awaitable<Link> open(Origin origin, Time deadline);
    std::unique_ptr<RecordedExchange> recorded(Call const& call, BodyReader& reader) const;
    Result<TlsContext*> tls();
    std::string text_of(Call& call) const;

    Clock& clock_;
    HttpOptions options_;
    Resolver resolver_;
    Pool pool_; // after options_: its connections end before the TLS context
    std::shared_ptr<Doors> doors_;
    std::unique_ptr<char[]> scratch_;
};

} // namespace darkroom::net
