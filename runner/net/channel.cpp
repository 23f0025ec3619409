#include "runner/net/channel.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace darkroom::net {

namespace {

/// A request reaches the service within this time, or never.
constexpr unsigned undelivered_ms_max = 20'000;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

Channel::Wire& wire_of(BIO* bio) { return *static_cast<Channel::Wire*>(BIO_get_data(bio)); }

int note_result(BIO* bio, ssize_t moved, void (*set_retry)(BIO*)) {
    BIO_clear_retry_flags(bio);
    if (moved >= 0) return static_cast<int>(moved);
    if (would_block(errno))
        set_retry(bio);
    else
        wire_of(bio).error = errno;
    return -1;
}

int wire_write(BIO* bio, char const* data, int size) {
    auto const moved =
        ::send(wire_of(bio).handle, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    return note_result(bio, moved, [](BIO* b) { BIO_set_retry_write(b); });
}

int wire_read(BIO* bio, char* data, int size) {
    auto const moved = ::recv(wire_of(bio).handle, data, static_cast<std::size_t>(size), 0);
    wire_of(bio).ended = moved == 0 && size > 0;
    return note_result(bio, moved, [](BIO* b) { BIO_set_retry_read(b); });
}

long wire_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return wire_of(bio).ended ? 1 : 0;
    return 0;
}

int wire_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

/// Returns a socket BIO that writes with MSG_NOSIGNAL. OpenSSL's own does not, so that a closed
/// peer would end the program.
BIO_METHOD const* wire_method() {
    static std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "darkroom socket");
        BIO_meth_set_write(made, wire_write);
        BIO_meth_set_read(made, wire_read);
        BIO_meth_set_ctrl(made, wire_control);
        BIO_meth_set_create(made, wire_create);
        return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(made, BIO_meth_free);
    }();
    return method.get();
}

error_code system_code(int number) { return {number, boost::system::system_category()}; }

Step closed() { return Step{0, Want::nothing, Error(Errc::closed, "")}; }

Step plain_step(ssize_t moved, Want want) {
    if (moved >= 0) return Step{static_cast<std::size_t>(moved), Want::nothing, Error()};
    if (would_block(errno)) return Step{0, want, Error()};
    return Step{0, Want::nothing, Error(system_code(errno), "")};
}

/// False before the versions in which SSL_free_buffers() stopped freeing half-read records
/// (CVE-2024-4741).
bool may_free_buffers() {
    static bool const safe = [] {
        auto const version = OpenSSL_version_num();
        return (version >= 0x300000e0 && version < 0x30100000) || version >= 0x30300010;
    }();
    return safe;
}

std::string_view advice_for(long verdict) {
    switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "it belongs to another host; check the URL";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return "check this machine's date too";
    default:
        return "if an authority of your own signed it, name that authority's PEM file as ca_file; "
               "the public ones come with the package ca-certificates";
    }
}

} // namespace

Channel::Channel(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored; // a socket without these options fails at its first use, with its reason
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    // Also of a process that has died: what a peer does not acknowledge is not delivered later.
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &undelivered_ms_max,
                 sizeof undelivered_ms_max);
    wire_.handle = socket_.native_handle();
}

Channel::~Channel() {
    close();
    if (ssl_ == nullptr) return;
    SSL_free(ssl_);
    ERR_clear_error();
}

/// Makes one attempt to send close_notify, whether or not the socket accepts it: without it,
/// OpenSSL does not allow this connection's session to be resumed.
void Channel::close() {
    if (ssl_ != nullptr && !broken_ && SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
    broken_ = true;
    wire_.handle = -1;
    error_code ignored;
    socket_.close(ignored);
}

Result<> Channel::begin_tls(TlsContext& context, Peer const& peer) {
    TRY_ASSIGN(ssl_, context.connection_to(peer));
    host_ = peer.host;
    auto* bio = BIO_new(wire_method());
    if (bio == nullptr) return Error(Errc::tls_handshake, take_tls_error());
    BIO_set_data(bio, &wire_);
    SSL_set_bio(ssl_, bio, bio); // owns the BIO from here on
    return {};
}

Step Channel::handshake() {
    ERR_clear_error();
    auto step = step_of(SSL_do_handshake(ssl_));
    if (step.error.code) step.error = handshake_error(std::move(step.error));
    step.bytes = 0;
    return step;
}

std::string_view Channel::protocol() const {
    unsigned char const* name = nullptr;
    unsigned size = 0;
    if (ssl_ != nullptr) SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<char const*>(name), size};
}

Step Channel::read(std::span<char> into) {
    if (ssl_ == nullptr) {
        auto const moved = ::recv(wire_.handle, into.data(), into.size(), 0);
        return moved == 0 ? closed() : plain_step(moved, Want::read);
    }
    ERR_clear_error();
    auto step = step_of(SSL_read(ssl_, into.data(), static_cast<int>(into.size())));
    // SSL_MODE_RELEASE_BUFFERS frees a buffer after a record, but not the one that was allocated to
    // find that there is nothing to read: 17 KB for each waiting stream.
    if (step.want == Want::read && may_free_buffers()) SSL_free_buffers(ssl_);
    return step;
}

Step Channel::write(std::string_view bytes) {
    if (ssl_ == nullptr)
        return plain_step(::send(wire_.handle, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                          Want::write);
    // Partial writes are on: one call writes one record at most, so the size is only a bound.
    constexpr std::size_t call_max = 1u << 20;
    ERR_clear_error();
    auto const size = static_cast<int>(std::min(bytes.size(), call_max));
    return step_of(SSL_write(ssl_, bytes.data(), size));
}

Step Channel::step_of(int result) {
    if (result > 0) return Step{static_cast<std::size_t>(result), Want::nothing, Error()};
    switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Step{0, Want::read, Error()};
    case SSL_ERROR_WANT_WRITE: return Step{0, Want::write, Error()};
    case SSL_ERROR_ZERO_RETURN: return closed();
    default: break;
    }
    broken_ = true;
    Step step;
    if (wire_.error != 0) {
        step.error = Error(system_code(wire_.error), "");
    } else if (wire_.ended) {
        // Without a close_notify, anybody on the way may have ended it: not a proper end.
        step.error =
            Error(boost::asio::error::connection_reset, "the peer closed without a close_notify");
    } else {
        step.error = Error(Errc::tls_broken, take_tls_error());
    }
    return step;
}

Error Channel::handshake_error(Error error) const {
    auto const verdict = SSL_get_verify_result(ssl_);
    if (verdict != X509_V_OK)
        return {Errc::tls_untrusted,
                fmt::format("the certificate of {} fails with \"{}\"; {}", host_,
                            X509_verify_cert_error_string(verdict), advice_for(verdict))};
    return {Errc::tls_handshake, fmt::format("with {}: {}", host_, error.message())};
}

} // namespace darkroom::net
