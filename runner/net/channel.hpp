// One TCP connection, plain or with TLS, in steps that never block.
#pragma once

#include "runner/net/error.hpp"
#include "runner/net/tls_context.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <span>
#include <string>
#include <string_view>

namespace darkroom::net {

/// The readiness that the socket needs before the same step can be repeated.
enum class Want { nothing, read, write };

/// The outcome of one step: bytes moved, or a readiness to wait for, or an error.
struct Step {
    std::size_t bytes = 0;
    Want want = Want::nothing;
    Error error; ///< Errc::closed: the peer has closed properly.
};

/// Reads from and writes to the non-blocking socket directly: it has no buffer of its own, and
/// OpenSSL's buffers are released whenever they are empty. Never raises SIGPIPE.
class Channel {
public:
    /// `socket` is connected.
    explicit Channel(boost::asio::ip::tcp::socket socket);
    ~Channel();
    Channel(Channel const&) = delete;
    Channel& operator=(Channel const&) = delete;

    /// Sends all further bytes through TLS; call handshake() until it wants nothing more.
    /// `context` must outlive the channel. Errors: Errc::tls_handshake.
    Result<> begin_tls(TlsContext& context, Peer const& peer);
    /// Continues the handshake. Errors: Errc::tls_handshake, Errc::tls_untrusted with the reason
    /// and a remedy.
    Step handshake();
    /// Returns the protocol that the handshake agreed on, such as "h2"; "" for none.
    std::string_view protocol() const;
    /// Reads the bytes that are there, up to the size of `into`.
    Step read(std::span<char> into);
    /// Writes a part of `bytes`; the step counts the bytes that the system has accepted. A TLS
    /// record counts once it is accepted completely.
    Step write(std::string_view bytes);

    boost::asio::ip::tcp::socket& socket() { return socket_; }
    /// Ends the connection; nothing is sent or read any more. Its number may then be another's.
    void close();

    /// State of OpenSSL's socket functions, which keep its address.
    struct Wire {
        int handle = -1;
        int error = 0;      ///< errno of the last failure.
        bool ended = false; ///< The peer has sent its last byte.
    };

private:
    Step step_of(int result);
    Error handshake_error(Error error) const;

    boost::asio::ip::tcp::socket socket_;
    Wire wire_;
    ssl_st* ssl_ = nullptr;
    bool broken_ = false; // nothing more may be sent, not even a close_notify
    std::string host_;
};

} // namespace darkroom::net
