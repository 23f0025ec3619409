#include "runner/studio/server.hpp"

#include "runner/base/task_group.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/http/host_guard.hpp"
#include "runner/studio/http/session.hpp"
#include "runner/studio/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <cassert>
#include <random>

namespace darkroom::studio {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int backlog = 4096;
constexpr auto accept_pause = std::chrono::milliseconds(100);

std::uint64_t random_seed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

Result<asio::ssl::context> server_context(TlsFiles const& files) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    error_code ec;
    context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, ec);
    // Idle streams by the thousand: OpenSSL's buffers are given back between records.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    // Resumption works by tickets, which the client keeps; a cache here would only grow.
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    if (!ec) context.use_certificate_chain_file(files.certificate, ec);
    if (ec) return Error(Errc::bad_tls_files, files.certificate + ": " + ec.message());
    context.use_private_key_file(files.key, asio::ssl::context::pem, ec);
    if (ec) return Error(Errc::bad_tls_files, files.key + ": " + ec.message());
    return context;
}

} // namespace

class Server::Impl {
public:
    Impl(asio::any_io_executor executor, Clock& clock, ServerOptions options)
        : acceptor_(executor), sessions_(executor),
          connection_ended_(executor), state_{executor,
                                              clock,
                                              options,
                                              options.faults,
                                              Ids(options.id_seed.value_or(random_seed())),
                                              TaskBook(BookLimits{options.tasks_kept}),
                                              Ledger(),
                                              LinkPolicy()} {}

    Result<> listen();
    Result<> keep_in(std::string const& directory);
    Result<> play(ReplayTerms terms);
    asio::awaitable<void> run();
    void stop();
    std::string url() const;

    tcp::endpoint endpoint_;
    tcp::acceptor acceptor_;
    TaskGroup sessions_;
    Gate connection_ended_; // woken when a connection ends
    std::size_t connections_ = 0;
    ServerState state_;
    std::optional<asio::ssl::context> tls_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<Replay> replay_;   // null: the service answers itself
    std::unique_ptr<HostGuard> guard_; // in front of either

private:
    Result<> open_port();
    void guard(Handler& handler);
    asio::awaitable<void> accept_all();
    asio::awaitable<void> serve(tcp::socket socket);
};

Result<> Server::Impl::open_port() {
    auto const& where = state_.options.listen;
    auto const named = where.host == "localhost" ? std::string("127.0.0.1") : where.host;
    auto const failed = [&](error_code const& ec) {
        return Error(Errc::bad_listen_address,
                     fmt::format("{} port {}: {}", where.host, where.port, ec.message()));
    };
    error_code ec;
    auto const address = asio::ip::make_address(named, ec);
    if (ec) return failed(ec);
    tcp::endpoint const wanted(address, where.port);
    acceptor_.open(wanted.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(wanted, ec);
    if (!ec) acceptor_.listen(backlog, ec);
    if (!ec) endpoint_ = acceptor_.local_endpoint(ec);
    if (ec) return failed(ec);
    return {};
}

Result<> Server::Impl::listen() {
    auto const& options = state_.options;
    if (options.tls) {
        auto context = server_context(*options.tls);
        if (!context) return context.error();
        tls_ = std::move(*context);
    }
    try {
        service_ = std::make_unique<Service>(state_);
    } catch (boost::system::system_error const& error) {
        return Error(Errc::bad_tls_files, options.ca_file + ": " + error.code().message());
    }
    TRY(service_->check_clips());
    TRY(open_port());
    state_.links.base_url = options.public_url.empty() ? url() : options.public_url;
    state_.links.life = options.link_life;
    state_.links.secret = options.seed;
    guard(*service_);
    return {};
}

void Server::Impl::guard(Handler& handler) {
    HostRule rule{endpoint_.address().to_string(), state_.options.hosts};
    if (auto const outside = read_link(state_.options.public_url))
        rule.names.push_back(outside->host);
    guard_ = std::make_unique<HostGuard>(handler, std::move(rule));
}

Result<> Server::Impl::keep_in(std::string const& directory) {
    std::vector<ArchivedTask> archived;
    auto archive = Archive::open(directory, archived);
    if (!archive) return archive.error();
    auto const most = state_.options.tasks_kept;
    if (archived.size() > most) {
        auto const spare = static_cast<std::ptrdiff_t>(archived.size() - most);
        archived.erase(archived.begin(), archived.begin() + spare);
        TRY((*archive)->shrink_to(archived));
    }
    state_.archive = std::move(*archive);
    state_.inputs.keep_in(directory + "/inputs");
    for (auto& each : archived) service_->resume(std::move(each));
    return {};
}

Result<> Server::Impl::play(ReplayTerms terms) {
    auto replay = Replay::open(std::move(terms), state_.clock);
    if (!replay) return replay.error();
    replay_ = std::move(*replay);
    replay_->set_base(state_.links.base_url);
    guard(*replay_);
    return {};
}

std::string Server::Impl::url() const {
    auto address = endpoint_.address();
    // Links must lead somewhere: "any address" is reached through the loopback.
    if (address.is_unspecified() && address.is_v4()) address = asio::ip::address_v4::loopback();
    if (address.is_unspecified()) address = asio::ip::address_v6::loopback();
    auto const host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return fmt::format("{}://{}:{}", tls_ ? "https" : "http", host, endpoint_.port());
}

asio::awaitable<void> Server::Impl::run() {
    sessions_.spawn(accept_all());
    co_await sessions_.join();
    co_await service_->join();
}

asio::awaitable<void> Server::Impl::accept_all() {
    auto const executor = co_await asio::this_coro::executor;
    constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);
    while (acceptor_.is_open()) {
        if (connections_ >= state_.options.connections_max) {
            co_await connection_ended_.wait();
            continue;
        }
        tcp::socket socket(executor);
        auto [ec] = co_await acceptor_.async_accept(socket, as_pair);
        if (ec) {
            // No descriptors or memory left, or a peer that has gone: other connections will
            // free theirs, and a failure that stays must not spin.
            co_await state_.clock.sleep_for(accept_pause);
            continue;
        }
        ++connections_;
        sessions_.spawn(serve(std::move(socket)));
    }
}

asio::awaitable<void> Server::Impl::serve(tcp::socket socket) {
    struct Leave {
        Impl& impl;
        ~Leave() {
            assert(impl.connections_ > 0);
            --impl.connections_;
            impl.connection_ended_.wake_one();
        }
    } const leave{*this};
    SessionSetup setup{*guard_, state_.clock, tls_ ? &*tls_ : nullptr, SessionLimits()};
    co_await serve_connection(std::move(socket), setup);
}

void Server::Impl::stop() {
    error_code ignored; // closing a port can't fail in a way that matters
    acceptor_.close(ignored);
    sessions_.cancel();
    if (service_) service_->cancel();
}

Server::Server(asio::any_io_executor executor, Clock& clock, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, std::move(options))) {}

Server::~Server() = default;

Result<> Server::listen() { return impl_->listen(); }
Result<> Server::keep_in(std::string const& directory) { return impl_->keep_in(directory); }
Result<> Server::play(ReplayTerms terms) { return impl_->play(std::move(terms)); }
std::uint16_t Server::port() const { return impl_->endpoint_.port(); }
std::string Server::url() const { return impl_->url(); }
asio::awaitable<void> Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }
Ledger const& Server::ledger() const { return impl_->state_.ledger; }
std::size_t Server::connections() const { return impl_->connections_; }

} // namespace darkroom::studio
