// The ledger as a model in memory: what any store must do, in as few words as possible.
#pragma once

#include "runner/engine/ledger.hpp"
#include "tests/simulation/chance.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::simulation {

/// A rule of the ledger broken on purpose, to see that the simulation notices.
enum class BrokenBook {
    nothing,
    shares_tasks,      ///< A task may be adopted by any number of steps.
    counts_no_places,  ///< Nobody ever has to wait for the places of others.
    settles_again,     ///< A last word is taken as often as it is said.
    forgets_dead,      ///< A process that dies gives its places back at once.
    ignores_in_flight, ///< Requests of others in flight block no adoption.
    counts_no_money,   ///< Caps are those of each run alone.
    forgets_payments,  ///< Payments that were made without the ledger are never entered.
    forgets_unknown,   ///< A request that the journal does not know was never sent.
};

/// All runs share it; outlives them.
struct SimBook {
    using Key = std::pair<std::string, Digest>; ///< A run directory and a step.
    struct Step {
        std::string identity;
        int process = 0;
        std::uint64_t nonce = 0;
        Digest request{};
        jobs::Micros price = 0;
        enum class State { open, paid, free } state = State::open;
        bool has_place = false;
        bool is_lost = false;
        bool has_left = false;        ///< It was about to be sent.
        bool is_of_lost_life = false; ///< The directory is a copy from before it.
        bool by_search = false;
        std::string task;
        WallTime sent_at{};
        WallTime ends_at{};
        WallTime named_at{};
    };
    struct Account {
        int open = 0;
        Time next_at{};
        Time hold_until{};
        Time look_at{};
        int parked_before = 0; ///< It is parked for the runs before that one.
        engine::Problem why;
        std::vector<std::pair<WallTime, jobs::Micros>> spent;
    };
    std::map<Key, Step> steps;
    std::map<std::pair<std::string, std::string>, Key> tasks; ///< Keyed by identity and task.
    std::map<std::string, Account> accounts;
    std::set<std::pair<Key, std::string>> charges; ///< Paid besides the steps' own: by their tasks.
    std::set<int> dead;                            ///< Processes.
    std::map<std::string, std::int64_t> seen;      ///< The facts of each run at its last grant.
    int runs = 0;
    BrokenBook broken = BrokenBook::nothing;

    /// Returns what an account has spent and reserved since then.
    jobs::Micros spent_since(std::string const& identity, WallTime since) const;
};

/// One run of one process.
class SimLedger final : public engine::Ledger {
public:
    struct Setup {
        std::string run;
        int process = 0;
        Duration total = std::chrono::minutes(15);
        Power const* power = nullptr; ///< The machine's; null: it never fails.
        Chance* chance = nullptr;     ///< Decides the time that a call takes; null: none.
        std::optional<Duration> fails_after = std::nullopt; ///< From then on nothing works.
    };
    /// `clock` and `book` outlive it.
    SimLedger(Clock& clock, SimBook& book, Setup setup);

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
    void slow_down(std::string const& identity, Duration wait) override;
    void park(std::string const& identity, engine::Problem const& why) override;
    Error failure() const override;

private:
    using Step = SimBook::Step;

    engine::awaitable<void> travel();
    bool is_off() const { return (setup_.power != nullptr && !setup_.power->on) || has_failed(); }
    bool has_failed() const { return fails_at_ && clock_.now() >= *fails_at_; }
    Step* find(Digest const& step);
    bool claim(Digest const& step, std::string const& identity, std::string const& task);
    engine::Grant answer(engine::GrantRequest const& request);
    engine::Grant held_grant(engine::Grant::What what, Step const& step) const;
    void sweep(std::string const& identity);
    void close(Step& step, engine::LastWord word);
    void give_place_back(Step& step);
    void enter_open(engine::OpenStep const& open, engine::DirectoryFacts const& facts,
                    std::vector<engine::NamedStep>& named);
    void enter_payment(engine::Payment const& payment, std::string const& identity);

    Clock& clock_;
    SimBook& book_;
    Setup setup_;
    int number_;
    std::set<Digest> overtaken_; ///< The book has a later request of these steps than the journal.
    std::set<std::string> identities_; ///< Those of the accounts that the run may pay with.
    std::optional<Time> fails_at_;
};

} // namespace darkroom::simulation
