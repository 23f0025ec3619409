// One TCP or TLS connection and the time limit of what is done on it.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace boost::asio::ssl {
class context;
}

namespace darkroom::http {

class MessageParser;

/// A connection that is open. All its operations end with `timed_out`, and the connection is
/// closed, when the limit passes. Limits are real time, not the Clock's. One operation at a time;
/// without a limit, one of each direction.
/// Cancel: terminal only; drop the stream after it.
class Stream {
public:
    /// `tls`: null for plain TCP; else one of the handshakes comes first.
    Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
    Stream(Stream&& other) noexcept;
    ~Stream();

    boost::asio::ip::tcp::socket& socket();
    bool is_secure() const;
    /// True when the client is known to be on this machine.
    bool is_from_loopback() const;
    /// Returns what the handshake agreed on by ALPN, such as "h2"; "" for nothing.
    std::string_view protocol() const;
    /// Sets the limit of the operations that follow, all together, from now on.
    void expires_after(Duration limit);
    void expires_never();

    boost::asio::awaitable<error_code> accept_handshake();
    /// Also verifies that the certificate is one of `host`.
    boost::asio::awaitable<error_code> connect_handshake(std::string host);
    /// Exchanges TLS's close messages.
    boost::asio::awaitable<error_code> shut_down_tls();
    /// Completes when all of `bytes`, which stay with the caller, are written.
    boost::asio::awaitable<error_code> write(std::string_view bytes);

    struct Received {
        error_code error;
        std::size_t bytes = 0;
    };
    /// Completes with at least one byte, or an error: `eof` at the orderly end.
    boost::asio::awaitable<Received> read_some(std::span<char> into);

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// The bytes of a stream that were received and not yet parsed. They begin a later message when
/// the peer sends several at once.
class MessageReader {
public:
    /// Bytes that may wait for their parser: a header's and a piece of the body's.
    static constexpr std::size_t unparsed_max = 80u << 10;

    /// `first`: bytes that were received already.
    explicit MessageReader(std::string first = {}) : buffer_(std::move(first)) {}

    /// Completes when the parser has the header. Errors: the stream's and the parser's.
    boost::asio::awaitable<error_code> read_header(Stream& stream, MessageParser& parser);
    /// Completes when the parser has the whole message. Errors: as read_header().
    boost::asio::awaitable<error_code> read_message(Stream& stream, MessageParser& parser);
    /// Holds no more memory than the bytes that are left.
    void shrink() { buffer_.shrink_to_fit(); }

private:
    enum class End { header, message };
    boost::asio::awaitable<error_code> read(Stream& stream, MessageParser& parser, End end);
    error_code parse(MessageParser& parser, bool& needs_more);
    boost::asio::awaitable<error_code> receive(Stream& stream, MessageParser& parser);

    std::string buffer_;
};

} // namespace darkroom::http
