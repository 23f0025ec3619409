#include "tests/postgres/relay.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace darkroom::postgres::test {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::local::stream_protocol;

namespace {

constexpr auto socket_name = ".s.PGSQL.5432";
constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);

void rethrow(std::exception_ptr defect) {
    if (defect) std::rethrow_exception(defect);
}

} // namespace

Relay::Relay(asio::io_context& context, fs::path folder_of_server)
    : folder_(fs::temp_directory_path() / fmt::format("darkroom-relay-{}", ::getpid())),
      state_(std::make_shared<State>()), acceptor_(context) {
    state_->server = std::move(folder_of_server) / socket_name;
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    acceptor_.open();
    acceptor_.bind(stream_protocol::endpoint((folder_ / socket_name).string()));
    acceptor_.listen();
    asio::co_spawn(context, accept(acceptor_, state_), rethrow);
}

Relay::~Relay() { fs::remove_all(folder_); }

std::string Relay::url() const {
    return fmt::format("postgresql://darkroom@/postgres?host={}", folder_.string());
}

asio::awaitable<void> Relay::accept(stream_protocol::acceptor& acceptor,
                                    std::shared_ptr<State> state) {
    auto const executor = co_await asio::this_coro::executor;
    for (;;) {
        auto [failed, client] = co_await acceptor.async_accept(as_pair);
        if (failed) co_return;
        auto pair = std::make_shared<Pair>(Pair{std::move(client), Socket(executor)});
        boost::system::error_code refused;
        pair->server.connect(stream_protocol::endpoint(state->server.string()), refused);
        if (refused) continue;
        asio::co_spawn(executor, pass_questions(pair, state), rethrow);
        asio::co_spawn(executor, pass_answers(pair, state), rethrow);
    }
}

asio::awaitable<void> Relay::pass_questions(std::shared_ptr<Pair> pair,
                                            std::shared_ptr<State> state) {
    std::array<char, 65536> piece{};
    for (;;) {
        auto [failed, size] = co_await pair->client.async_read_some(asio::buffer(piece), as_pair);
        if (failed) break;
        std::string_view const text(piece.data(), size);
        if (!state->words.empty() && text.find(state->words) != std::string_view::npos) {
            state->words.clear();
            state->is_to_be_lost = true;
        }
        auto const all = asio::buffer(piece.data(), size);
        auto [broken, written] = co_await asio::async_write(pair->server, all, as_pair);
        (void)written;
        if (broken) break;
    }
    pair->server.close();
    pair->client.close();
}

asio::awaitable<void> Relay::pass_answers(std::shared_ptr<Pair> pair,
                                          std::shared_ptr<State> state) {
    std::array<char, 65536> piece{};
    for (;;) {
        auto [failed, size] = co_await pair->server.async_read_some(asio::buffer(piece), as_pair);
        if (failed) break;
        if (std::exchange(state->is_to_be_lost, false)) {
            ++state->lost;
            break;
        }
        auto const all = asio::buffer(piece.data(), size);
        auto [broken, written] = co_await asio::async_write(pair->client, all, as_pair);
        (void)written;
        if (broken) break;
    }
    pair->server.close();
    pair->client.close();
}

} // namespace darkroom::postgres::test
