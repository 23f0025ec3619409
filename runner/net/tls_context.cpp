#include "runner/net/tls_context.hpp"

#include "runner/base/whole_file.hpp"
#include "runner/net/url.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <map>

namespace darkroom::net {

namespace {

constexpr std::size_t ca_file_bytes_max = 16u << 20;
/// All of TLS 1.3, in the order of browsers. OpenSSL's own order begins with AES-256 and SHA-384,
/// which few processors help with: a handshake takes 1.4 times the instructions then.
constexpr auto cipher_suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/// The newest session of one origin. OpenSSL passes each new one to keep_session().
struct Slot {
    SSL_SESSION* newest = nullptr;
    Slot() = default;
    Slot(Slot const&) = delete;
    Slot& operator=(Slot const&) = delete;
    ~Slot() { SSL_SESSION_free(newest); }
};

/// Stores a session; returning 1 keeps it. OpenSSL calls this only after the peer was verified.
int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* slot = static_cast<Slot*>(SSL_get_app_data(ssl));
    if (slot == nullptr || SSL_SESSION_is_resumable(session) == 0) return 0;
    SSL_SESSION_free(slot->newest);
    slot->newest = session;
    return 1;
}

Error tls_error(std::string_view tried) {
    return {Errc::tls_handshake, fmt::format("{}: {}", tried, take_tls_error())};
}

/// Frees what OpenSSL has made of a file of certificates.
struct Certificates {
    STACK_OF(X509_INFO) * list = nullptr;
    explicit Certificates(std::string const& text) {
        auto* bytes = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
        if (bytes != nullptr) list = PEM_X509_INFO_read_bio(bytes, nullptr, nullptr, nullptr);
        BIO_free(bytes);
    }
    Certificates(Certificates const&) = delete;
    Certificates& operator=(Certificates const&) = delete;
    ~Certificates() { sk_X509_INFO_pop_free(list, X509_INFO_free); }
};

/// Trusts the authorities of a PEM file. OpenSSL's own way to read one has no limit.
Result<> trust_file(SSL_CTX* context, std::string const& path) {
    auto const text = read_whole_file(path, ca_file_bytes_max);
    if (text.has_error()) return Error(Errc::bad_ca_file, text.error().message());
    Certificates const certificates(*text);
    int trusted = 0;
    for (int i = 0; i < sk_X509_INFO_num(certificates.list); ++i) {
        auto* certificate = sk_X509_INFO_value(certificates.list, i)->x509;
        if (certificate == nullptr) continue;
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) != 1)
            return Error(Errc::bad_ca_file, fmt::format("{}: {}", path, take_tls_error()));
        ++trusted;
    }
    auto const why = take_tls_error();
    if (trusted > 0) return {};
    return Error(Errc::bad_ca_file,
                 fmt::format("{}: {}", path, why.empty() ? "no certificate is in it" : why));
}

Result<> configure(SSL_CTX* context, std::string const& ca_file) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    // Buffers only during a transfer: thousands of connections wait for minutes.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        return tls_error("setting TLS 1.2 as the minimum");
    if (SSL_CTX_set_ciphersuites(context, cipher_suites) != 1)
        return tls_error("setting the cipher suites");
    if (SSL_CTX_set_default_verify_paths(context) != 1)
        return tls_error("loading the system's certificate authorities");
    return ca_file.empty() ? Result<>() : trust_file(context, ca_file);
}

bool set_peer(SSL* ssl, std::string const& host) {
    auto* check = SSL_get0_param(ssl);
    if (is_ip_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

/// Offers the protocols by ALPN. A server that knows none of them may answer without one.
bool offer_protocols(SSL* ssl, HttpVersion version) {
    constexpr std::string_view http2 = "\x02h2";
    constexpr std::string_view both = "\x02h2\x08http/1.1"; // the first is preferred
    if (version == HttpVersion::http1) return true;
    auto const offer = version == HttpVersion::any ? both : http2;
    return SSL_set_alpn_protos(ssl, reinterpret_cast<unsigned char const*>(offer.data()),
                               static_cast<unsigned>(offer.size())) == 0;
}

} // namespace

struct TlsContext::Sessions {
    static constexpr std::size_t origins_max = 256;
    std::map<std::string, Slot, std::less<>> by_origin;

    /// Returns nullptr beyond the limit: those connections do not resume sessions.
    Slot* slot_of(std::string const& origin) {
        auto const found = by_origin.find(origin);
        if (found != by_origin.end()) return &found->second;
        return by_origin.size() < origins_max ? &by_origin[origin] : nullptr;
    }
};

TlsContext::TlsContext(ssl_ctx_st* context)
    : context_(context), sessions_(std::make_unique<Sessions>()) {}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<TlsContext>> TlsContext::create(std::string const& ca_file) {
    ERR_clear_error();
    auto* raw = SSL_CTX_new(TLS_client_method());
    if (raw == nullptr) return tls_error("starting TLS");
    std::shared_ptr<TlsContext> context(new TlsContext(raw)); // the constructor is private
    TRY(configure(raw, ca_file));
    return context;
}

Result<ssl_st*> TlsContext::connection_to(Peer const& peer) {
    ERR_clear_error();
    auto* ssl = SSL_new(context_);
    if (ssl == nullptr) return tls_error("starting a TLS connection");
    SSL_set_connect_state(ssl);
    auto* slot = sessions_->slot_of(peer.origin);
    bool const ready =
        set_peer(ssl, peer.host) && offer_protocols(ssl, peer.version) &&
        SSL_set_app_data(ssl, slot) == 1 &&
        (slot == nullptr || slot->newest == nullptr || SSL_set_session(ssl, slot->newest) == 1);
    if (ready) return ssl;
    auto error = tls_error("preparing a TLS connection to " + peer.host);
    SSL_free(ssl);
    return error;
}

std::string take_tls_error() {
    auto const first = ERR_get_error();
    ERR_clear_error();
    if (first == 0) return "";
    if (ERR_SYSTEM_ERROR(first))
        return error_code(ERR_GET_REASON(first), boost::system::system_category()).message();
    auto const* reason = ERR_reason_error_string(first);
    return reason == nullptr ? fmt::format("OpenSSL error {:x}", first) : reason;
}

} // namespace darkroom::net
