// What all TLS connections of a run share: whom to trust, and sessions to resume.
#pragma once

#include "runner/net/error.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace darkroom::net {

/// A client context: TLS 1.2 or later, peers verified against the system's authorities and, if
/// named, those of one file more. Must outlive its connections.
class TlsContext {
public:
    /// `ca_file`: PEM, or "". Errors: Errc::bad_ca_file; Errc::tls_handshake when OpenSSL fails.
    static Result<std::shared_ptr<TlsContext>> create(std::string const& ca_file);
    ~TlsContext();
    TlsContext(TlsContext const&) = delete;
    TlsContext& operator=(TlsContext const&) = delete;

    /// A connection's state, ready to verify that the peer is `host` (a name or an address) and,
    /// if this context has spoken to that origin before, to resume. The caller frees it.
    /// Errors: Errc::tls_handshake.
    Result<ssl_st*> connection_to(std::string const& host, std::string const& origin);

private:
    struct Sessions;
    explicit TlsContext(ssl_ctx_st* context);

    ssl_ctx_st* context_;
    std::unique_ptr<Sessions> sessions_;
};

/// OpenSSL's oldest queued error in words, and empties the queue; "" when there is none.
std::string take_tls_error();

} // namespace darkroom::net
