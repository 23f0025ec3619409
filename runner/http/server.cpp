#include "runner/http/server.hpp"

#include "runner/base/number.hpp"
#include "runner/base/try.hpp"
#include "runner/http/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <cassert>

namespace darkroom::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int backlog = 4096;
constexpr auto accept_pause = std::chrono::milliseconds(100);

/// Chooses HTTP/2 where a client offers it; otherwise the handshake goes on without a choice.
int choose_http2(SSL*, unsigned char const** chosen, unsigned char* size,
                 unsigned char const* offered, unsigned offered_size, void*) {
    for (unsigned at = 0; at < offered_size; at += 1u + offered[at]) {
        auto const* name = reinterpret_cast<char const*>(offered) + at + 1;
        if (offered[at] != 2 || std::string_view(name, 2) != "h2") continue;
        *chosen = offered + at + 1;
        *size = 2;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

Result<std::unique_ptr<asio::ssl::context>> server_context(TlsFiles const& files, bool has_http2) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code ec;
    context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, ec);
    // Idle streams by the thousand: OpenSSL's buffers are given back between records.
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    // Resumption works by tickets, which the client keeps; a cache here would only grow.
    SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_OFF);
    if (has_http2) SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_http2, nullptr);
    if (!ec) context->use_certificate_chain_file(files.certificate, ec);
    if (ec) return Error(Errc::bad_tls_files, files.certificate + ": " + ec.message());
    context->use_private_key_file(files.key, asio::ssl::context::pem, ec);
    if (ec) return Error(Errc::bad_tls_files, files.key + ": " + ec.message());
    return context;
}

} // namespace

std::optional<ListenAddress> read_listen_address(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    auto host = text.substr(0, colon);
    bool const has_brackets = host.starts_with('[') && host.ends_with(']');
    if (has_brackets) host = host.substr(1, host.size() - 2);
    if (!has_brackets && host.find(':') != host.npos) return std::nullopt;
    auto const port = parse_whole<std::uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    ListenAddress address;
    address.port = *port;
    if (!host.empty()) address.host = host;
    return address;
}

Server::Server(asio::any_io_executor executor, Clock& clock, ServerSetup setup)
    : clock_(clock), setup_(std::move(setup)), acceptor_(executor), connection_ended_(executor) {}

Server::~Server() = default;

Result<> Server::listen(ListenAddress const& at, std::optional<TlsFiles> const& tls) {
    if (tls) {
        TRY_ASSIGN(tls_, server_context(*tls, setup_.has_http2));
    }
    auto const failed = [&at](error_code const& ec) {
        return Error(Errc::bad_listen_address,
                     fmt::format("{} port {}: {}", at.host, at.port, ec.message()));
    };
    error_code ec;
    auto const named = at.host == "localhost" ? std::string("127.0.0.1") : at.host;
    auto const address = asio::ip::make_address(named, ec);
    if (ec) return failed(ec);
    tcp::endpoint const wanted(address, at.port);
    acceptor_.open(wanted.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(wanted, ec);
    if (!ec) acceptor_.listen(backlog, ec);
    if (!ec) endpoint_ = acceptor_.local_endpoint(ec);
    if (ec) return failed(ec);
    return {};
}

void Server::serve_in(TaskGroup& group, Handler& handler) {
    group.spawn(accept_all(group, handler));
}

void Server::close() {
    error_code ignored; // closing a port can't fail in a way that matters
    acceptor_.close(ignored);
}

std::uint16_t Server::port() const { return endpoint_.port(); }
asio::ip::address Server::address() const { return endpoint_.address(); }

std::string Server::url() const {
    auto address = endpoint_.address();
    if (address.is_unspecified() && address.is_v4()) address = asio::ip::address_v4::loopback();
    if (address.is_unspecified()) address = asio::ip::address_v6::loopback();
    auto const host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return fmt::format("{}://{}:{}", tls_ ? "https" : "http", host, endpoint_.port());
}

asio::awaitable<void> Server::accept_all(TaskGroup& group, Handler& handler) {
    auto const executor = co_await asio::this_coro::executor;
    constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);
    while (acceptor_.is_open()) {
        if (connections_ >= setup_.connections_max) {
            co_await connection_ended_.wait();
            continue;
        }
        tcp::socket socket(executor);
        auto [ec] = co_await acceptor_.async_accept(socket, as_pair);
        if (ec) {
            // No descriptors or memory left, or a peer that has gone: other connections will
            // free theirs, and a failure that stays must not spin.
            co_await clock_.sleep_for(accept_pause);
            continue;
        }
        ++connections_;
        group.spawn(serve(std::move(socket), group, handler));
    }
}

asio::awaitable<void> Server::serve(tcp::socket socket, TaskGroup& group, Handler& handler) {
    struct Leave {
        Server& server;
        ~Leave() {
            assert(server.connections_ > 0);
            --server.connections_;
            server.connection_ended_.wake_one();
        }
    } const leave{*this};
    SessionSetup setup{handler, clock_, tls_.get(), setup_.name, setup_.limits, nullptr};
    if (setup_.has_http2) setup.group = &group;
    co_await serve_connection(std::move(socket), setup);
}

} // namespace darkroom::http
