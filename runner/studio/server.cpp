#include "runner/studio/server.hpp"

#include "runner/base/task_group.hpp"
#include "runner/http/host_guard.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/service.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <random>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

std::uint64_t random_seed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

http::ServerSetup setup_of(ServerOptions const& options) {
    return {"darkroom-studio", options.connections_max, http::SessionLimits(), true};
}

} // namespace

class Server::Impl {
public:
    Impl(asio::any_io_executor executor, Clock& clock, ServerOptions options)
        : server_(executor, clock, setup_of(options)),
          sessions_(executor), state_{executor,
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

    http::Server server_;
    TaskGroup sessions_;
    ServerState state_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<Replay> replay_;         // null: the service answers itself
    std::unique_ptr<http::HostGuard> guard_; // in front of either

private:
    void guard(http::Handler& handler);
};

Result<> Server::Impl::listen() {
    auto const& options = state_.options;
    try {
        service_ = std::make_unique<Service>(state_);
    } catch (boost::system::system_error const& error) {
        return Error(Errc::bad_tls_files, options.ca_file + ": " + error.code().message());
    }
    TRY(service_->check_clips());
    TRY(server_.listen(options.listen, options.tls));
    state_.links.base_url = options.public_url.empty() ? server_.url() : options.public_url;
    state_.links.life = options.link_life;
    state_.links.secret = options.seed;
    guard(*service_);
    return {};
}

void Server::Impl::guard(http::Handler& handler) {
    http::HostRule rule{server_.address().to_string(), state_.options.hosts,
                        "; if that is its name, 'darkroom serve --host NAME' allows it"};
    if (auto const outside = read_link(state_.options.public_url))
        rule.names.push_back(outside->host);
    guard_ = std::make_unique<http::HostGuard>(handler, std::move(rule));
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

asio::awaitable<void> Server::Impl::run() {
    server_.serve_in(sessions_, *guard_);
    co_await sessions_.join();
    co_await service_->join();
}

void Server::Impl::stop() {
    server_.close();
    sessions_.cancel();
    if (service_) service_->cancel();
}

Server::Server(asio::any_io_executor executor, Clock& clock, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, std::move(options))) {}

Server::~Server() = default;

Result<> Server::listen() { return impl_->listen(); }
Result<> Server::keep_in(std::string const& directory) { return impl_->keep_in(directory); }
Result<> Server::play(ReplayTerms terms) { return impl_->play(std::move(terms)); }
std::uint16_t Server::port() const { return impl_->server_.port(); }
std::string Server::url() const { return impl_->server_.url(); }
asio::awaitable<void> Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }
Ledger const& Server::ledger() const { return impl_->state_.ledger; }
std::size_t Server::connections() const { return impl_->server_.connections(); }

} // namespace darkroom::studio
