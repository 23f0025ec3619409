#include "tests/studio/raw_client.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace darkroom::test {

struct RawClient::Tls {
    SSL_CTX* context = nullptr;
    SSL* session = nullptr;
    ~Tls() {
        SSL_free(session);
        SSL_CTX_free(context);
    }
};

namespace {

std::system_error failed(char const* what) { return {errno, std::generic_category(), what}; }

void believe(SSL_CTX* context, std::string const& ca) {
    BIO* const bio = BIO_new_mem_buf(ca.data(), static_cast<int>(ca.size()));
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
    BIO_free(bio);
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

} // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    timeval const limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        throw failed("connect");
}

RawClient::RawClient(std::uint16_t port, std::string const& ca) : RawClient(port) {
    tls_ = std::make_unique<Tls>();
    tls_->context = SSL_CTX_new(TLS_client_method());
    believe(tls_->context, ca);
    SSL_CTX_set_verify(tls_->context, SSL_VERIFY_PEER, nullptr);
    tls_->session = SSL_new(tls_->context);
    SSL_set_fd(tls_->session, socket_);
    if (SSL_connect(tls_->session) != 1) throw std::runtime_error("TLS handshake failed");
}

RawClient::~RawClient() {
    if (socket_ >= 0) ::close(socket_);
}

void RawClient::vanish() {
    linger const at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
}

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent =
            tls_ ? SSL_write(tls_->session, bytes.data(), static_cast<int>(bytes.size()))
                 : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) throw failed("send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void RawClient::request(std::string const& head, std::string const& headers,
                        std::string const& body) {
    auto text = head + " HTTP/1.1\r\n" + headers;
    auto const add = [&](std::string_view name, std::string_view value) {
        if (!headers.starts_with(name)) text += fmt::format("{}: {}\r\n", name, value);
    };
    add("host", "localhost");
    if (!body.empty()) add("content-type", "application/json");
    if (!body.empty()) add("content-length", std::to_string(body.size()));
    send(text + "\r\n" + body);
}

/// Returns false at the end of the connection.
bool RawClient::fill() {
    char block[16384];
    auto const got = tls_ ? SSL_read(tls_->session, block, sizeof block)
                          : ::recv(socket_, block, sizeof block, 0);
    if (got > 0) buffer_.append(block, static_cast<std::size_t>(got));
    if (got < 0 && !tls_) {
        if (errno != ECONNRESET) throw failed("recv");
        was_reset_ = true;
    }
    return got > 0;
}

std::string RawClient::line() {
    auto end = buffer_.find("\r\n");
    for (; end == std::string::npos; end = buffer_.find("\r\n"))
        if (!fill()) return {};
    auto text = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return text;
}

std::string RawClient::take(std::size_t count) {
    while (buffer_.size() < count && fill()) {
    }
    auto text = buffer_.substr(0, count);
    buffer_.erase(0, text.size());
    return text;
}

RawReply RawClient::reply(bool bodiless) {
    RawReply reply;
    auto const status = line();
    if (status.size() < 12) return reply;
    reply.status = std::stoi(status.substr(9, 3));
    for (auto header = line(); !header.empty(); header = line()) {
        auto const colon = header.find(": ");
        reply.headers[lowered(header.substr(0, colon))] = header.substr(colon + 2);
    }
    reply.complete = bodiless;
    if (bodiless) return reply;
    if (auto const length = reply.headers.find("content-length"); length != reply.headers.end()) {
        auto const count = std::stoul(length->second);
        reply.body = take(count);
        reply.complete = reply.body.size() == count;
        return reply;
    }
    if (reply.headers.count("transfer-encoding") == 0) {
        reply.body = rest();
        reply.complete = !was_reset_;
        return reply;
    }
    for (auto size = line(); !size.empty(); size = line()) {
        auto const count = std::stoul(size, nullptr, 16);
        auto const chunk = take(count + 2);
        reply.body += chunk.substr(0, std::min(chunk.size(), count));
        if (chunk.size() < count + 2) break;
        reply.complete = count == 0;
        if (count == 0) break;
    }
    return reply;
}

RawReply RawClient::ask(std::string const& head, std::string const& headers,
                        std::string const& body) {
    request(head, headers, body);
    return reply(head.starts_with("HEAD"));
}

std::string RawClient::rest() {
    while (fill()) {
    }
    return std::exchange(buffer_, std::string());
}

} // namespace darkroom::test
