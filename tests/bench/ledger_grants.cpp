// ledger_grants URL|DIRECTORY CONNECTIONS REQUESTS SECONDS [one]: pairs of a grant and its last
// word on a ledger in PostgreSQL or, over one connection, in SQLite; prints how many there were a
// second. Each connection is a shard that has so many requests at once. It pays with an account of
// its own or, with `one`, with that of all.
#include "runner/base/clock.hpp"
#include "runner/ledger/sqlite_ledger.hpp"
#include "runner/postgres/postgres_ledger.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace darkroom;

struct Load {
    int connections = 1;
    int requests = 1; ///< At once, of each connection.
    int seconds = 1;
    bool has_one_account = false;
};

struct Payer {
    std::unique_ptr<engine::Ledger> ledger;
    postgres::PostgresLedger* shared = nullptr; ///< The same one, where it is in PostgreSQL.
    std::string name;
    std::string identity;
    int begun = 0;
    int pairs = 0;
};

boost::asio::awaitable<void> begin(Payer& payer) {
    if (payer.shared == nullptr) co_return;
    auto const begun = co_await payer.shared->begin();
    if (begun.has_error()) throw std::runtime_error(begun.error().message());
}

boost::asio::awaitable<void> pay(Payer& payer, Clock& clock, Time until) {
    std::string name;
    bool is_again = false;
    while (clock.now() < until) {
        engine::GrantRequest request;
        if (!is_again) name = fmt::format("{} {}", payer.name, payer.begun++);
        auto const step = sha256(name);
        request.step = step;
        request.nonce = 1;
        request.request = step;
        request.identity = payer.identity;
        request.price = 26'000;
        request.places = 1'000'000;
        auto const grant = co_await payer.ledger->grant(std::move(request));
        // Another one that came a moment later was first: it is asked again, as a run does.
        is_again = grant.what == engine::Grant::What::rate;
        if (is_again) continue;
        if (grant.what != engine::Grant::What::go) throw std::runtime_error("no grant");
        auto const entered = co_await payer.ledger->settle(step, engine::LastWord::paid, name);
        if (entered != engine::Entered::done) throw std::runtime_error("no settlement");
        ++payer.pairs;
    }
}

/// Runs so many coroutines for each of them, side by side.
template <class Task>
void run_all(boost::asio::io_context& context, Task const& task_of, std::vector<Payer>& payers,
             int times) {
    std::exception_ptr defect;
    for (auto& payer : payers) {
        for (int i = 0; i < times; ++i)
            boost::asio::co_spawn(context, task_of(payer), [&defect](std::exception_ptr error) {
                if (error) defect = error;
            });
    }
    context.run();
    context.restart();
    if (defect) std::rethrow_exception(defect);
}

Payer payer_in_file(Clock& clock, std::string const& directory) {
    ledger::LedgerOptions options;
    options.path = directory + "/ledger.db";
    options.run = fmt::format("bench {}", ::getpid());
    Payer payer;
    payer.name = options.run;
    auto opened = ledger::SqliteLedger::open(clock, std::move(options));
    if (opened.has_error()) throw std::runtime_error(opened.error().message());
    payer.ledger = std::move(*opened);
    return payer;
}

Payer payer_on_server(boost::asio::io_context& context, Clock& clock,
                      postgres::PostgresOptions options) {
    Payer payer;
    payer.name = fmt::format("{} {}", options.campaign, options.shard);
    auto shared = std::make_unique<postgres::PostgresLedger>(context.get_executor(), clock,
                                                             std::move(options));
    payer.shared = shared.get();
    payer.ledger = std::move(shared);
    return payer;
}

int measure(std::string const& where, Load const& load) {
    SteadyClock clock;
    boost::asio::io_context context;
    std::vector<Payer> payers;
    bool const is_server = where.find("://") != std::string::npos;
    for (int shard = 1; shard <= load.connections; ++shard) {
        postgres::PostgresOptions options;
        options.line.url = where;
        options.campaign = fmt::format("bench {}", ::getpid());
        options.shard = shard;
        options.shards = load.connections;
        options.directory = std::to_string(shard);
        payers.push_back(is_server ? payer_on_server(context, clock, std::move(options))
                                   : payer_in_file(clock, where));
        payers.back().identity =
            fmt::format("https://api.example.org#{}", load.has_one_account ? 1 : shard);
    }
    run_all(context, begin, payers, 1);
    auto const began = clock.now();
    auto const until = began + std::chrono::seconds(load.seconds);
    auto const task_of = [&](Payer& payer) { return pay(payer, clock, until); };
    run_all(context, task_of, payers, load.requests);
    auto const took = std::chrono::duration<double>(clock.now() - began).count();
    int pairs = 0;
    for (auto const& payer : payers) pairs += payer.pairs;
    fmt::print("{:.0f}\n", pairs / took);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fputs("usage: ledger_grants URL|DIRECTORY CONNECTIONS REQUESTS SECONDS [one]\n",
                   stderr);
        return 64;
    }
    Load load;
    load.connections = std::atoi(argv[2]);
    load.requests = std::atoi(argv[3]);
    load.seconds = std::atoi(argv[4]);
    load.has_one_account = argc > 5 && std::string_view(argv[5]) == "one";
    return measure(argv[1], load);
}
