// State that all TLS connections of a run share: trusted authorities and sessions to resume.
#pragma once

#include "runner/net/error.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace darkroom::net {

/// The versions of HTTP that a connection may speak. Over TLS the handshake agrees on one.
enum class HttpVersion { http1, any, http2 };

/// The other side of a TLS handshake.
struct Peer {
    std::string host;   ///< A name or an address.
    std::string origin; ///< The key of the session to resume.
    HttpVersion version = HttpVersion::http1;
};

/// A client context: TLS 1.2 or later, with peers verified against the system's authorities and
/// those of an optional file. Must outlive its connections.
class TlsContext {
public:
    /// Creates a context; `ca_file` is PEM or "". Errors: Errc::bad_ca_file; Errc::tls_handshake
    /// when OpenSSL fails.
    static Result<std::shared_ptr<TlsContext>> create(std::string const& ca_file);
    ~TlsContext();
    TlsContext(TlsContext const&) = delete;
    TlsContext& operator=(TlsContext const&) = delete;

    /// Returns a connection's state, ready to verify the peer and to resume an earlier session with
    /// that origin. The caller frees it. Errors: Errc::tls_handshake.
    Result<ssl_st*> connection_to(Peer const& peer);

private:
    struct Sessions;
    explicit TlsContext(ssl_ctx_st* context);

    ssl_ctx_st* context_;
    std::unique_ptr<Sessions> sessions_;
};

/// Returns the text of OpenSSL's oldest queued error, or "", and clears the queue.
std::string take_tls_error();

} // namespace darkroom::net
