#include "runner/net/dial.hpp"

#include "runner/net/in_time.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cassert>

namespace darkroom::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration head_start = std::chrono::milliseconds(250);

/// Lives in race(), which ends after all its runners.
struct Race {
    Addresses addresses;
    std::vector<asio::steady_timer> starts; // one each; a failure starts the next one early
    std::optional<tcp::socket> winner;
    error_code last_error;
};

asio::awaitable<void> run(Race& race, std::size_t lane) {
    auto const executor = co_await asio::this_coro::executor;
    auto [woken] = co_await race.starts[lane].async_wait(asio::as_tuple(asio::use_awaitable));
    (void)woken; // on time, or early because the address before has failed, or cancelled
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
    tcp::socket socket(executor);
    auto const address = race.addresses[lane];
    auto [failed] = co_await socket.async_connect(address, asio::as_tuple(asio::use_awaitable));
    if (failed) {
        if (failed != asio::error::operation_aborted) race.last_error = failed;
        if (lane + 1 < race.starts.size()) race.starts[lane + 1].expires_at(Time::min());
        throw boost::system::system_error(failed);
    }
    if (!race.winner) race.winner.emplace(std::move(socket));
}

asio::awaitable<bool> race_all(Race& race) {
    namespace ex = asio::experimental;
    auto const executor = co_await asio::this_coro::executor;
    using Runner = decltype(asio::co_spawn(executor, run(race, 0), asio::deferred));
    std::vector<Runner> runners;
    for (std::size_t lane = 0; lane < race.addresses.size(); ++lane)
        runners.push_back(asio::co_spawn(executor, run(race, lane), asio::deferred));
    auto group = ex::make_parallel_group(std::move(runners));
    auto outcome = co_await group.async_wait(ex::wait_for_one_success(), asio::use_awaitable);
    (void)outcome; // the race holds the winner, or the last error
    co_return true;
}

} // namespace

asio::awaitable<Dialled> dial(Clock& clock, Addresses addresses, Time deadline) {
    assert(!addresses.empty());
    auto const executor = co_await asio::this_coro::executor;
    Race race;
    race.addresses = std::move(addresses);
    for (std::size_t lane = 0; lane < race.addresses.size(); ++lane)
        race.starts.emplace_back(executor, clock.now() + lane * head_start);
    bool const ended = co_await in_time(clock, deadline, race_all(race));
    Dialled dialled;
    if (race.winner)
        dialled.socket.emplace(std::move(*race.winner));
    else if (ended)
        dialled.error = Error(race.last_error, "");
    else
        dialled.error = Error(Errc::timed_out, "connecting");
    co_return dialled;
}

} // namespace darkroom::net
