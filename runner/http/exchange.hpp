// One HTTP request and the ways to answer it, free of the library that carries the bytes.
#pragma once

#include "runner/base/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::http {

/// One header field. Names are kept in lower case.
struct Header {
    std::string name;
    std::string value;
};
using Headers = std::vector<Header>;

/// Returns the first field of that (lower-case) name, or nothing.
std::optional<std::string_view> find_header(Headers const& headers, std::string_view name);

/// A request, wholly read.
struct Request {
    std::string method;
    std::string path;  ///< Percent-encoding left as it came.
    std::string query; ///< Without the '?'.
    Headers headers;
    std::string body;
    bool from_loopback = false; ///< The client is on this machine.

    /// Returns the value of a header, empty when absent.
    std::string_view header(std::string_view name) const;
    /// Returns the value of `name=value` in the query; nothing when absent.
    std::optional<std::string_view> argument(std::string_view name) const;
};

/// The head of an answer. Without a length the body is sent in chunks.
struct Head {
    int status = 200;
    Headers headers;
    std::optional<std::uint64_t> length;
};

/// A whole answer.
struct Reply {
    int status = 200;
    Headers headers;
    std::string body;
};

/// One request waiting for its answer: either answer(), or begin(), any number of write(), then
/// finish(). Every write has a deadline. Errors: Errc::peer_gone with the cause in the detail;
/// nothing can be sent after one.
/// Cancel: terminal only; the connection is closed.
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual Request const& request() const = 0;
    /// Moves the request's body out: a waiting connection must not hold 16 MiB.
    virtual std::string take_body() = 0;
    virtual boost::asio::awaitable<Result<>> answer(Reply reply) = 0;
    virtual boost::asio::awaitable<Result<>> begin(Head head) = 0;
    /// `piece` stays with the caller, who waits. A HEAD request's pieces are dropped.
    virtual boost::asio::awaitable<Result<>> write(std::string_view piece) = 0;
    virtual boost::asio::awaitable<Result<>> finish() = 0;
    /// Closes the connection in the middle of an answer: the bytes written before still arrive.
    virtual void cut() = 0;
    /// Closes it with a TCP reset: the bytes under way are lost.
    virtual void reset() = 0;
};

/// Answers requests. One object serves all connections; calls interleave on one thread.
class Handler {
public:
    virtual ~Handler() = default;
    /// Answers `exchange`; without an answer the connection is closed.
    virtual boost::asio::awaitable<void> handle(Exchange& exchange) = 0;
    /// Returns the answer to bytes that are not a request: not HTTP (400), too large (413, 431).
    virtual Reply refusal(int status, std::string why) = 0;
};

/// A span of bytes that a Range header names.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0; ///< Inclusive.
};
/// The meaning of a Range header for a body. `whole`: no header, or one that may be ignored.
struct RangeAnswer {
    enum class Kind { whole, part, unsatisfiable } kind = Kind::whole;
    ByteRange range;
};
/// Reads `bytes=a-b`, `bytes=a-`, `bytes=-n`; several ranges are answered with the whole body.
RangeAnswer read_range(std::string_view header, std::uint64_t length);

} // namespace darkroom::http
