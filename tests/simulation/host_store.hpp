// The ledger of many hosts as a model in memory: what each function of the schema does, in C++. The
// program's own client speaks to it, over a SimDatabase.
#pragma once

#include "runner/base/error.hpp"
#include "runner/postgres/statement.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::simulation {

/// A rule of the schema broken on purpose, to see that the simulation notices.
enum class BrokenStore {
    nothing,
    checks_no_holder,    ///< Whoever has lost the shard may still grant and settle.
    frees_dead_places,   ///< The places of a holder whose lease has ended are free at once.
    adopts_without_name, ///< A task that a search has found is nobody's own.
    settles_again,       ///< A last word is taken as often as it is said.
    forgets_frozen,      ///< Who is frozen longer than its lease has lost its requests.
    holds_nothing,       ///< A directory without money does not hear what the store has of it.
};

/// Times are microseconds since the epoch, as those of PostgreSQL.
class HostStore {
public:
    using Us = std::int64_t;
    static constexpr Us never = std::numeric_limits<Us>::min() / 4; ///< '-infinity'.

    struct Amount {
        std::int64_t generations = 0;
        std::int64_t cost = 0;
    };
    struct Limits {
        std::optional<std::int64_t> generations;
        std::optional<std::int64_t> cost;
        bool operator==(Limits const&) const = default;
    };
    struct Campaign {
        std::string name;
        std::int64_t shards = 0;
        Limits limits;
        Limits of_file; ///< Those of a job file.
    };
    struct Run {
        std::int64_t campaign = 0;
        std::int64_t shard = 0;
        std::int64_t holder = 0;
        std::int64_t grants = 0;
        Amount used; ///< Open and paid.
        Amount may;  ///< Its part of the limits.
    };
    struct Holder {
        std::string session;
        std::int64_t run = 0;
        std::string host;
        std::string machine;
        std::int64_t pid = 0;
        std::int64_t start = 0;
        std::int64_t directory = 0;
        Us renewed = never;
        Us expires = never;
    };
    struct Account {
        std::string key;
        std::int64_t open = 0;
        Us next_at = never;
        Us hold_until = never;
        Us look_at = never;
        std::int64_t parked_holder = 0;
        std::string parked_verdict;
        std::string parked_code;
        std::string parked_text;
        std::map<std::int64_t, std::int64_t> spent; ///< Keyed by quarters of an hour.
    };
    struct Step {
        std::int64_t account = 0;
        std::int64_t holder = 0;
        std::int64_t nonce = 0;
        std::int64_t wall_ms = 0;
        std::string request;
        std::int64_t price = 0;
        int state = 1; ///< 1 open, 2 paid, 3 free.
        bool place = false;
        bool lost = false;
        bool by_search = false;
        std::string task;
        std::int64_t word = 0;
        Us sent_at = never;
        Us ends_at = never;
        Us named_at = never;
        std::int64_t ask = 0;
        std::int64_t taker = 0;
    };
    using Key = std::pair<std::int64_t, std::string>; ///< A run, and a step as PostgreSQL shows it.

    /// `present`: its clock.
    explicit HostStore(std::function<Us()> present) : present_(std::move(present)) {}

    /// Calls the function that a statement names. Errors: taken_over, lease_expired.
    Result<postgres::Rows> make(postgres::Statement const& statement);

    BrokenStore broken = BrokenStore::nothing;
    std::map<std::int64_t, Campaign> campaigns;
    std::map<std::int64_t, Run> runs;
    std::map<std::int64_t, Holder> holders;
    std::map<std::int64_t, Account> accounts;
    std::map<Key, Step> steps;
    std::map<std::pair<std::int64_t, std::string>, Key> tasks; ///< Keyed by account and task.
    std::map<std::pair<Key, std::string>, Us> charges;         ///< When; by their tasks, too.

    /// Returns whether a process has an open request, and the shard that it is of.
    bool has_open(std::int64_t pid, std::string const& request) const;
    /// Returns the process that makes a call of a holder; 0 where it is not known.
    std::int64_t process_of(postgres::Statement const& statement) const;
    /// Returns all that is known of its steps, for people.
    std::string describe() const;
    /// Returns what is wrong with its sums; "" for nothing.
    std::string contradiction() const;

private:
    using Rows = postgres::Rows;
    class Values;
    struct Question;
    struct Verdict;

    Us present() const { return present_(); }
    bool is_alive(std::int64_t holder) const;
    bool may_hear(std::int64_t run, std::int64_t holder) const;
    std::int64_t account_of(std::string const& key);
    bool may_stay(std::int64_t run, std::int64_t holder) const;
    void spend(std::int64_t run, std::int64_t account, Us at, std::int64_t cost, int generations);
    bool claim(std::int64_t account, std::string const& task, Key const& step);
    void charge(Key const& step, std::string const& task, std::int64_t account, Us at,
                std::int64_t cost);
    void give_place_back(Step& step);
    Step* find(Key const& key);

    Rows take_shard(Values const& given);
    Limits left_of(std::int64_t campaign) const;
    void gather(std::int64_t campaign);
    void set_limits(std::int64_t campaign, Limits limits);
    void fill(std::int64_t run, std::int64_t price);
    bool is_short(std::int64_t run, std::int64_t price) const;
    bool is_spent(std::int64_t run, std::int64_t price) const;
    bool take_limits(std::int64_t campaign, Limits const& file);
    bool renew(std::int64_t run, std::int64_t holder, std::int64_t ttl_ms);
    Result<Rows> ask_grant(Values const& given);
    bool decide(Question const& asked, bool is_sure, Verdict& out);
    bool decide_by_step(Question const& asked, Verdict& out);
    bool decide_by_account(Question const& asked, bool is_sure, Verdict& out);
    bool decide_by_money(Question const& asked, bool is_sure, Verdict& out);
    void open_step(Question const& asked);
    bool may_be_swept(Key const& key, Step const& step, Question const& asked, Us now) const;
    std::string name_task(Values const& given);
    std::string settle(Key const& key, std::int64_t holder, int state, std::string const& task,
                       std::int64_t call, std::int64_t ask);
    std::string note_paid(Values const& given);
    void lose(Values const& given);
    void set_aside(Values const& given);
    Rows others(Values const& given);
    Us look_turn(Values const& given);
    Rows places_taken(Values const& given);
    void park(Values const& given);
    Rows known_steps(Values const& given);
    Rows steps_of_shard(Values const& given) const;
    Rows whose_tasks(Values const& given);
    void enter_tasks(Values const& given);
    std::int64_t directory_of(std::int64_t holder) const;
    bool is_overtaken(Step const& known, std::int64_t directory, std::int64_t nonce,
                      std::string const& task, std::int64_t sent_ms) const;
    void enter_open(Values const& given);
    Rows last_entered(Values const& given);
    void enter_payments(Values const& given);
    void end_entering(Values const& given);
    Result<Rows> make_of_holder(std::string_view name, Values const& given);
    Rows make_of_anyone(std::string_view name, Values const& given);

    std::function<Us()> present_;
    std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::string, std::int64_t>> entered_;
};

} // namespace darkroom::simulation
