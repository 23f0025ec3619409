// HTTP over an Exchanger: streams of lines, whole answers, downloads.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/net/exchanger.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::net {

class LineSink;
class Recording;
class StreamReader;

/// A POST request.
struct PostRequest {
    Url url;
    std::string authorization; ///< The header's value, or "". Never shown.
    std::string accept;
    std::string body;                ///< JSON; freed once it is sent.
    bool repeatable = false;         ///< Sending it twice does no harm.
    std::size_t body_max = 1u << 20; ///< The largest answer that is kept.
    /// Called just before the first byte leaves, once for each connection that it is sent over.
    /// False: it must not be sent (held_back).
    std::function<bool()> before_first_byte;
};

/// A GET request.
struct GetRequest {
    Url url;
    std::string authorization; ///< Sent to the URL's own origin only, not after a redirect.
    std::uint64_t offset = 0;  ///< Continue from this byte if the content still has `etag`.
    std::string etag;          ///< A strong ETag or a Last-Modified date.
    /// Returns the address to go to in place of a redirect's target; empty: the target.
    std::function<Url(Url)> on_redirect;
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
    /// `clock` is that of the exchanger and outlives the client; `recording` gets every exchange
    /// and may be null. Every sink outlives its call.
    HttpClient(std::shared_ptr<Exchanger> exchanger, Clock& clock,
               std::shared_ptr<Recording> recording = nullptr);

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

private:
    // Thousands of streams wait in these: only stream() and what is below it have frames then.
    boost::asio::awaitable<Reply> exchange(Call call, TimeLimits limits, BodyReader& reader);
    boost::asio::awaitable<Reply> recorded_exchange(Call call, TimeLimits limits,
                                                    BodyReader& reader);
    static boost::asio::awaitable<Reply> stream(boost::asio::awaitable<Reply> answer,
                                                std::unique_ptr<StreamReader> reader);
    static Call call_of(PostRequest request);

    Clock& clock_;
    std::shared_ptr<Exchanger> exchanger_;
    std::shared_ptr<Recording> recording_;
};

} // namespace darkroom::net
