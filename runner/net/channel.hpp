// One TCP connection, bare or under TLS, in steps that never wait.
#pragma once

#include "runner/net/error.hpp"
#include "runner/net/tls_context.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <span>
#include <string>
#include <string_view>

namespace darkroom::net {

/// What the socket must be ready for before the same step is worth another try.
enum class Want { nothing, read, write };

/// What one step came to: bytes moved, or a want, or an error.
struct Step {
    std::size_t bytes = 0;
    Want want = Want::nothing;
    Error error; ///< Errc::closed: the peer has closed in good order.
};

/// Whom a TLS handshake is with. `origin` is the key for resuming.
struct Peer {
    std::string host;
    std::string origin;
};

/// Reads and writes go straight to the non-blocking socket: no buffer of its own, and OpenSSL's are
/// released whenever they are empty. Never raises SIGPIPE.
class Channel {
public:
    /// `socket` is connected.
    explicit Channel(boost::asio::ip::tcp::socket socket);
    ~Channel();
    Channel(Channel const&) = delete;
    Channel& operator=(Channel const&) = delete;

    /// From here on all bytes go through TLS; call handshake() until it wants nothing more.
    /// `context` must outlive the channel. Errors: Errc::tls_handshake.
    Result<> begin_tls(TlsContext& context, Peer const& peer);
    /// Errors: Errc::tls_handshake, Errc::tls_untrusted with the reason and what to do.
    Step handshake();
    Step read(std::span<char> into);
    /// `bytes` is what the system has taken; a TLS record counts once it is wholly taken.
    Step write(std::string_view bytes);

    boost::asio::ip::tcp::socket& socket() { return socket_; }

    /// What OpenSSL's socket functions need and report. Its address is known to them.
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
    bool broken_ = false; // nothing more may be said over this connection, not even goodbye
    std::string host_;
};

} // namespace darkroom::net
