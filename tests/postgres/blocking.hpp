// A ledger in PostgreSQL with a loop of its own: a call takes real time, and none of a test's.
#pragma once

#include "runner/postgres/postgres_ledger.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::postgres::test {

/// Runs coroutines on real time, one after the other.
struct Loop {
    template <class T>
    T run(boost::asio::awaitable<T> task) {
        std::exception_ptr failure;
        std::optional<T> value;
        context.restart();
        auto on_end = [&](std::exception_ptr why, T result) {
            failure = why;
            value = std::move(result);
            context.stop();
        };
        boost::asio::co_spawn(context, std::move(task), on_end);
        context.run();
        if (failure) std::rethrow_exception(failure);
        return std::move(*value);
    }
    void run(boost::asio::awaitable<void> task);
    /// Makes a text of statements on the server.
    void make(std::string const& url, std::string sql);

    SteadyClock clock;
    boost::asio::io_context context;
};

/// The wall clock of another clock, which is a test's, with real waits.
class WallOf final : public Clock {
public:
    explicit WallOf(Clock& wall) : wall_(wall) {}
    Time now() const override { return real_.now(); }
    WallTime wall() const override { return wall_.wall(); }
    boost::asio::awaitable<void> sleep_until(Time when) override { return real_.sleep_until(when); }

private:
    Clock& wall_;
    SteadyClock real_;
};

/// Each call blocks until it has its answer. `before` is called before each.
class BlockingLedger final : public engine::Ledger {
public:
    BlockingLedger(Clock& wall, PostgresOptions options, std::function<void()> before);
    ~BlockingLedger() override;

    engine::awaitable<std::optional<std::vector<engine::NamedStep>>>
    enter(engine::DirectoryFacts facts) override;
    engine::awaitable<engine::Grant> grant(engine::GrantRequest request) override;
    void name(Digest const& step, std::string const& task_id) override;
    engine::awaitable<engine::Entered> adopt(Digest step, std::string task_id) override;
    engine::awaitable<engine::Entered> settle(Digest step, engine::LastWord word,
                                              std::string task_id) override;
    void note_paid(Digest const& step, std::string const& task_id) override;
    void lose(Digest const& step) override;
    void set_aside(Digest const& step) override;
    void charge_again(Digest const& step, std::string const& task_id, std::string const& identity,
                      jobs::Micros cost) override;
    engine::awaitable<engine::OtherRuns> others(std::string identity,
                                                std::vector<std::string> tasks) override;
    engine::awaitable<std::optional<std::vector<Digest>>> held_after(Digest after) override;
    engine::awaitable<Duration> look_turn(std::string identity, Duration pace,
                                          int questions) override;
    void slow_down(std::string const& identity, Duration wait) override;
    void park(std::string const& identity, engine::Problem const& why) override;
    Error failure() const override { return ledger_->failure(); }

    Result<> begin();
    PostgresLedger& ledger() { return *ledger_; }

private:
    void make_noted();

    std::function<void()> before_;
    WallOf clock_;
    Loop loop_;
    std::unique_ptr<PostgresLedger> ledger_;
};

} // namespace darkroom::postgres::test
