// The ledger of many hosts: a schema in a PostgreSQL database.
#pragma once

#include "runner/engine/ledger.hpp"
#include "runner/postgres/call_line.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace darkroom::postgres {

/// A process as others see it.
struct HolderName {
    std::string host;
    std::string machine; ///< The boot and the space of process numbers in which `pid` counts.
    std::int64_t pid = 0;
    std::int64_t start = 0; ///< In ticks since the boot.
};

/// Says whether a process is there, as far as this host can see.
enum class Presence { gone, at_work, not_seen };

/// The budget of all shards of a campaign together.
struct CampaignBudget {
    std::optional<std::int64_t> generations;
    std::optional<jobs::Micros> cost;
};

struct PostgresOptions {
    LineOptions line;
    std::string campaign; ///< The steps of a shard are those of this name, in any directory.
    int shard = 1;
    int shards = 1;
    std::string directory; ///< Names the run directory; another one has another name.
    Duration total = std::chrono::minutes(15); ///< A request is open no longer than that.
    Duration lease = std::chrono::seconds(60);
    Duration renewal = std::chrono::seconds(15);
    Duration guard = std::chrono::seconds(45); ///< Nothing is sent so long after the last renewal.
    Duration leave = std::chrono::seconds(10); ///< Nor so long after it was granted.
    CampaignBudget budget;                     ///< Without one, that of the campaign holds.
    HolderName holder;
    /// Or null: no process can be seen.
    std::function<Presence(HolderName const&)> presence = nullptr;
};

/// Each call is one statement. A server that is away is waited for, as LineOptions says; after that
/// every call is unavailable. A process that loses its shard to another one writes nothing more.
class PostgresLedger final : public engine::Ledger {
public:
    /// `clock` outlives it.
    PostgresLedger(boost::asio::any_io_executor executor, Clock& clock, PostgresOptions options);

    /// Takes the shard, before anything else is called. While another process has it that does not
    /// renew its lease, it waits. Errors: taken_over, naming a process that is at work;
    /// other_shards; other_budget; no_schema; unreachable. Cancel: terminal.
    engine::awaitable<Result<>> begin();
    /// Renews the lease, until end() or a failure. Cancel: terminal.
    engine::awaitable<void> keep_lease();
    /// Lets a database that went back in time count on from so many grants, after enter(). Errors:
    /// as begin().
    engine::awaitable<Result<>> restore(std::int64_t grants);
    /// Makes what was noted, and gives the shard back; waits no longer than until `deadline`.
    /// Returns false where the database may not have heard all of it.
    engine::awaitable<bool> end(Time deadline);

    engine::awaitable<std::optional<std::vector<engine::NamedStep>>>
    enter(engine::DirectoryFacts facts) override;
    engine::awaitable<engine::Grant> grant(engine::GrantRequest request) override;
    bool may_send(Digest const& step) override;
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
    engine::awaitable<std::string> places_taken_by(std::string identity) override;
    void slow_down(std::string const& identity, Duration wait) override;
    void park(std::string const& identity, engine::Problem const& why) override;
    Error failure() const override { return line_.failure(); }
    engine::AfterFailure after_failure() const override;

    /// Calls `warn` with the reason when the server is away; or null.
    void warn_by(std::function<void(std::string const&)> warn) { line_.warn_by(std::move(warn)); }
    /// Returns the random name of the ledger; another database has another one.
    std::string const& name_of_ledger() const { return name_; }
    /// Returns how many requests of the shard were ever granted: a smaller number than one of
    /// before is that of a database that went back in time.
    std::int64_t grants() const { return grants_; }
    /// Returns the budget that the campaign had before begin().
    CampaignBudget const& budget_before() const { return budget_before_; }

private:
    /// Tasks of a directory that the ledger does not have.
    struct NewTasks {
        std::vector<engine::KnownTask> fresh;
        bool is_all = false; ///< Those before them are known.
    };

    Statement of_run(char const* sql) const;
    Result<> note_grants(std::int64_t grants);
    Digest key_of(std::string const& identity) const;
    std::int64_t new_call();
    std::int64_t ask_of(Digest const& step) const;
    Statement statement_of(engine::GrantRequest const& request, std::int64_t ask) const;
    engine::HeldRequest held_of(Rows const& rows, WallTime now) const;
    Statement statement_of_settling(Digest const& step, engine::LastWord word,
                                    std::string const& task_id);
    engine::awaitable<Result<bool>> try_to_take(std::int64_t& gone, std::string& last_renewal,
                                                Duration& wait);
    engine::awaitable<Result<>> renew();
    engine::awaitable<Result<std::int64_t>> account_of(std::string identity);
    engine::awaitable<Result<Rows>> made(Statement statement);

    // The parts of enter().
    engine::awaitable<Result<>> enter_tasks(engine::DirectoryFacts const& facts);
    engine::awaitable<Result<NewTasks>> find_new(std::vector<engine::KnownTask> tasks);
    engine::awaitable<Result<>> enter_steps(engine::DirectoryFacts const& facts,
                                            std::vector<engine::NamedStep>& named);
    engine::awaitable<Result<>> enter_open(engine::OpenStep open);
    engine::awaitable<Result<>> close_others(engine::DirectoryFacts const& facts, Rows rows);
    engine::awaitable<Result<>> enter_payments(engine::DirectoryFacts const& facts);

    Clock& clock_;
    PostgresOptions options_;
    CallLine line_;
    std::string session_;
    std::int64_t directory_;
    std::string salt_;
    std::string name_;
    std::int64_t run_ = 0;
    std::int64_t holder_ = 0;
    std::int64_t grants_ = 0;
    CampaignBudget budget_before_;
    BootTime renewed_; ///< When the lease was asked for that is the last.
    std::map<Digest, BootTime>
        granted_; ///< Requests that may still leave, and when they were asked.
    std::map<Digest, std::int64_t>
        asks_; ///< The numbers of its own requests, until their last words.
    std::int64_t last_ask_ = 0;
    bool has_ended_ = false;
    std::mt19937_64 random_;
    std::map<std::string, std::int64_t> accounts_; ///< Keyed by their identities.
    std::map<Digest, std::string> identities_;     ///< Those of the accounts that may pay.
};

} // namespace darkroom::postgres
