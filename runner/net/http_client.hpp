// HTTP/1.1 over a pool of connections: streams of lines, whole answers, downloads.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/base/semaphore.hpp"
#include "runner/net/exchange.hpp"
#include "runner/net/pool.hpp"
#include "runner/net/proxy.hpp"
#include "runner/net/resolver.hpp"
#include "runner/net/url.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::net {

class LineSink;
class RecordedExchange;
class Recording;

/// Settings of a client.
struct HttpOptions {
    std::shared_ptr<TlsContext>
        tls; ///< Null: a context that trusts the system is made when needed.
    Proxy proxy;
    std::string user_agent = "darkroom";
    std::shared_ptr<Recording> recording; ///< Records every exchange; null for none.
};

/// A POST request.
struct PostRequest {
    Url url;
    std::string authorization; ///< The header's value, or "". Never shown.
    std::string accept;
    std::string body;                ///< JSON; freed once it is sent.
    bool repeatable = false;         ///< Sending it twice does no harm.
    std::size_t body_max = 1u << 20; ///< The largest answer that is kept.
};

/// A GET request.
struct GetRequest {
    Url url;
    std::string authorization; ///< Sent to the URL's own origin only, not after a redirect.
    std::uint64_t offset = 0;  ///< Continue from this byte if the content still has `etag`.
    std::string etag;          ///< A strong ETag or a Last-Modified date.
};

/// Limits of a download.
struct GetLimits {
    TimeLimits time;
    std::size_t bytes_per_idle = 16u << 10; ///< The lowest speed: bytes in each `time.idle`.
};

/// The program's HTTP client; one is enough. Cancel of any function: terminal; throws
/// operation_aborted and closes the connection. All other outcomes are in the Reply.
class HttpClient {
public:
    static constexpr int redirects_max = 5;
    /// The number of handshakes at a time. More wait, which the `connect` limit does not count. A
    /// handshake needs several times the memory of a waiting stream, and those after the first few
    /// resume a session.
    static constexpr int opening_max = 32;

    /// `clock` is real time and outlives the client. Every sink outlives its call.
    HttpClient(boost::asio::any_io_executor executor, Clock& clock, HttpOptions options);

    /// Passes the lines of a 2xx answer to `lines` as they arrive, and keeps the body of any other
    /// in the Reply, up to `body_max`. `first` ends with the first line end, `idle` is between two.
    boost::asio::awaitable<Reply> post_stream(PostRequest request, TimeLimits limits,
                                              LineSink& lines);
    /// Keeps the whole body in the Reply. Errors: Errc::body_too_large.
    boost::asio::awaitable<Reply> post(PostRequest request, TimeLimits limits);
    /// Follows redirects, never from https to http. Writes a 200 or 206 to `into` and keeps the
    /// start of any other body in the Reply. After a 416, or an answer that does not fit the
    /// offset, it requests the content from the start, once. Asks for an uncoded body, and undoes
    /// gzip and deflate all the same.
    boost::asio::awaitable<Reply> get(GetRequest request, GetLimits limits, ByteSink& into);

    std::size_t idle_connections() const { return pool_.idle(); }

private:
    struct Call;
    struct Link;

    boost::asio::awaitable<Reply> exchange(Call call, TimeLimits limits, BodyReader& reader);
    struct LinkTerms {
        Duration connect; ///< For opening a connection.
        Time end;         ///< For the whole exchange.
        bool fresh;       ///< Never an idle connection of the pool.
    };
    boost::asio::awaitable<Link> link_to(Origin origin, LinkTerms terms);
    boost::asio::awaitable<Link> open(Origin origin, Time deadline);
    static Call call_of(PostRequest request);
    std::unique_ptr<RecordedExchange> recorded(Call const& call, BodyReader& reader) const;
    Result<TlsContext*> tls();
    std::string text_of(Call& call) const;

    Clock& clock_;
    HttpOptions options_;
    Resolver resolver_;
    Pool pool_;                  // after options_: its connections end before the TLS context
    PrioritySemaphore openings_; // one permit a connection that is being opened
    std::unique_ptr<char[]> scratch_;
};

} // namespace darkroom::net
