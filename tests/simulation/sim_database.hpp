// The way from a machine to the store of many hosts: calls take time, get lost, or come late.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/base/task_group.hpp"
#include "runner/postgres/database.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/host_store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::simulation {

/// The server of the store, and what befalls calls on their way to it. The world's own coroutines
/// carry them, so that one may arrive after its sender has died.
class StoreServer {
public:
    struct Faults {
        int lost_calls = 2;   ///< Never made; in percent of the calls.
        int lost_answers = 3; ///< Made, and nobody hears it.
        int late_calls = 2;   ///< Made within two minutes, when nobody waits any more.
    };

    StoreServer(boost::asio::any_io_executor executor, Clock& clock, Chance& chance,
                HostStore& store)
        : store_(store), clock_(clock), chance_(chance), calls_(std::move(executor)) {}

    /// Takes it down for a while: all connections end, and whoever waits for an answer gets none.
    void restart(Duration pause);

    Faults faults;
    bool is_up = true;
    int boots = 1;
    std::function<void()> on_call;                      ///< Called after each call that was made.
    std::function<void(std::int64_t process)> on_grant; ///< Called after one that was granted.

private:
    friend class SimDatabase;
    struct Waiting;
    /// The connection on which a call was made.
    struct Line {
        bool const* is_cut;
        int boot;
    };

    void send(postgres::Statement const& statement, Line line, std::weak_ptr<Waiting> waiting);
    boost::asio::awaitable<void> carry(postgres::Statement statement, Line line,
                                       std::weak_ptr<Waiting> waiting);
    boost::asio::awaitable<void> come_up(Duration pause);
    bool holds(Line const& line) const { return is_up && line.boot == boots && !*line.is_cut; }

    HostStore& store_;
    Clock& clock_;
    Chance& chance_;
    TaskGroup calls_;
};

/// The connection of one process.
class SimDatabase final : public postgres::Database {
public:
    /// `clock` and `power` are the machine's; `is_cut`: the way to the server is broken. All
    /// outlive it.
    SimDatabase(boost::asio::any_io_executor executor, Clock& clock, StoreServer& server,
                Power const& power, bool const& is_cut)
        : executor_(std::move(executor)), clock_(clock), server_(server), power_(power),
          is_cut_(is_cut) {}

    bool is_open() const override { return boot_ != 0; }
    boost::asio::awaitable<Result<>> open(Time deadline) override;
    boost::asio::awaitable<Result<postgres::Rows>> ask(postgres::Statement const& statement,
                                                       Time deadline) override;
    boost::asio::awaitable<Result<postgres::Rows>> run_script(std::string sql, Time) override;
    void close() override { boot_ = 0; }

private:
    boost::asio::any_io_executor executor_;
    Clock& clock_;
    StoreServer& server_;
    Power const& power_;
    bool const& is_cut_;
    int boot_ = 0; ///< The server's at which it was opened; 0: it is closed.
};

} // namespace darkroom::simulation
