#include "runner/net/dial.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cassert>
#include <memory>
#include <string>

namespace darkroom::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration head_start = std::chrono::milliseconds(250);

/// The sockets that are connecting. Its handlers share it: a closed socket still completes its
/// connect.
class Race : public std::enable_shared_from_this<Race> {
public:
    Race(asio::any_io_executor executor, Addresses addresses)
        : addresses_(std::move(addresses)), news_(std::move(executor)) {}

    /// Starts to connect to the next address.
    void start(Time now);
    /// Completes when one socket has finished, when the next one is due, or at `deadline`.
    asio::awaitable<void> wait(Time deadline);
    void close();

    /// True when another address must be tried now.
    bool is_due(Time now) const { return sockets_.size() < addresses_.size() && next_ <= now; }
    bool is_over() const {
        return winner_.has_value() || (running_ == 0 && sockets_.size() == addresses_.size());
    }
    std::optional<tcp::socket> take_winner() { return std::move(winner_); }
    Error last_error() const { return {last_error_, last_address_}; }

private:
    void on_connect(std::size_t lane, error_code failed);

    Addresses addresses_;
    std::vector<std::unique_ptr<tcp::socket>> sockets_; // by address, of those that were started
    std::optional<tcp::socket> winner_;
    asio::steady_timer news_;
    Time next_ = Time::min();
    std::size_t running_ = 0;
    error_code last_error_;
    std::string last_address_;
};

void Race::start(Time now) {
    auto const lane = sockets_.size();
    auto& socket = *sockets_.emplace_back(std::make_unique<tcp::socket>(news_.get_executor()));
    ++running_;
    next_ = now + head_start;
    socket.async_connect(addresses_[lane],
                         [self = shared_from_this(), lane](error_code const& failed) {
                             self->on_connect(lane, failed);
                         });
}

void Race::on_connect(std::size_t lane, error_code failed) {
    assert(running_ > 0);
    --running_;
    if (failed && failed != asio::error::operation_aborted) {
        last_error_ = failed;
        last_address_ = addresses_[lane].address().to_string();
        next_ = Time::min();
    }
    if (!failed && !winner_ && sockets_[lane]->is_open())
        winner_.emplace(std::move(*sockets_[lane]));
    news_.cancel();
}

asio::awaitable<void> Race::wait(Time deadline) {
    bool const more = sockets_.size() < addresses_.size();
    news_.expires_at(more ? std::min(deadline, next_) : deadline);
    auto [ended] = co_await news_.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ended; // the time is up, a socket has finished, or this wait is cancelled
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

void Race::close() {
    for (auto const& socket : sockets_) {
        error_code ignored; // the socket is not used again
        socket->close(ignored);
    }
}

/// Closes the sockets when the caller leaves.
struct CloseAtEnd {
    explicit CloseAtEnd(Race& the_race) : race(the_race) {}
    CloseAtEnd(CloseAtEnd const&) = delete;
    CloseAtEnd& operator=(CloseAtEnd const&) = delete;
    ~CloseAtEnd() { race.close(); }
    Race& race;
};

} // namespace

asio::awaitable<Dialled> dial(Clock& clock, Addresses addresses, Time deadline) {
    assert(!addresses.empty());
    auto const executor = co_await asio::this_coro::executor;
    auto const race = std::make_shared<Race>(executor, std::move(addresses));
    CloseAtEnd const guard(*race);
    Dialled dialled;
    while (!race->is_over()) {
        auto const now = clock.now();
        if (now >= deadline) {
            dialled.error = Error(Errc::timed_out, "connecting");
            co_return dialled;
        }
        if (race->is_due(now)) race->start(now);
        co_await race->wait(deadline);
    }
    dialled.socket = race->take_winner();
    if (!dialled.socket) dialled.error = race->last_error();
    co_return dialled;
}

} // namespace darkroom::net
