// The port below the HTTP client: one request goes out, one answer comes back in pieces.
#pragma once

#include "runner/net/reply.hpp"
#include "runner/net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace darkroom::net {

/// A request as it is sent.
struct Call {
    std::string_view method; ///< A literal.
    Url url;
    std::string authorization; ///< The header's value, or "".
    std::string extra;         ///< Header lines, each with its line end.
    std::string body;
    bool repeatable = false; ///< Sending it twice does no harm.
    /// Called just before the first byte leaves over a connection, so once more when the request is
    /// sent over another one. False: it must not be sent (held_back). May be empty.
    std::function<bool()> before_first_byte;
    /// Its answer may be large: it stays off the connections of requests that wait for minutes, and
    /// so goes over HTTP/1.1, unless its server has to speak HTTP/2.
    bool is_download = false;
};

/// Carries requests. Implemented over connections, and by tests without a network.
class Exchanger {
public:
    virtual ~Exchanger() = default;
    /// Sends a request and passes the head and the pieces of the answer to `reader`, which outlives
    /// the call. A redirect is an answer like others. Cancel: terminal; throws operation_aborted
    /// and closes the connection. All other outcomes are in the Reply.
    virtual boost::asio::awaitable<Reply> exchange(Call call, TimeLimits limits,
                                                   BodyReader& reader) = 0;
};

} // namespace darkroom::net
