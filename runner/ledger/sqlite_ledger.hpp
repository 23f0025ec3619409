// The ledger of all runs of this user on this machine: one SQLite file.
#pragma once

#include "runner/engine/ledger.hpp"
#include "runner/ledger/call_queue.hpp"
#include "runner/ledger/holder.hpp"
#include "runner/ledger/ledger_database.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::ledger {

struct LedgerOptions {
    std::string path;
    std::string run;         ///< Names the run directory; another one has another name.
    std::string origin = {}; ///< All copies of a directory have one; "": there are no others.
    Duration total = std::chrono::minutes(15); ///< A request is open no longer than that.
    Broken broken = Broken::is_rebuilt;
    /// See CallQueue: a place at the service is idle meanwhile.
    Duration gathering = std::chrono::milliseconds(4);
    bool is_durable = false; ///< Each call outlives a power failure, for milliseconds of waiting.
    Holder holder = this_process();
    IsAlive is_alive = ledger::is_alive;
};

/// Calls take some microseconds on the caller's thread; those that can wait are made together, see
/// CallQueue. Without is_durable, the last ones before the machine loses its power may be lost. A
/// call that finds the file locked waits without holding up the thread, for at most half a minute.
class SqliteLedger final : public engine::Ledger {
public:
    ~SqliteLedger() override;
    /// `clock` outlives it. Errors: those of LedgerDatabase::open().
    static Result<std::unique_ptr<SqliteLedger>> open(Clock& clock, LedgerOptions options);

    engine::awaitable<std::optional<std::vector<engine::NamedStep>>>
    enter(engine::DirectoryFacts facts) override;
    engine::awaitable<engine::Grant> grant(engine::GrantRequest request) override;
    bool may_send(Digest const& step) override;
    bool has_left(Digest const& step) const override { return have_left_.contains(step); }
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
    Error failure() const override { return calls_.failure(); }

    /// Returns whether the file was broken, and is a new one now.
    bool was_rebuilt() const { return database_.was_rebuilt(); }
    /// Returns when the file was made: it does not know what was spent before.
    WallTime begun() const { return database_.begun(); }
    /// Returns whether it has replaced another one, broken or gone, now or earlier.
    bool is_second() const { return database_.is_second(); }
    /// Returns whether the one that was used here before has gone.
    bool has_replaced() const { return database_.has_replaced(); }
    /// Notes that it has replaced another one: a directory has used that.
    Result<> note_second() { return database_.note_second(); }
    /// Notes that every directory has entered what it knows: a person says so.
    Result<> note_whole() { return database_.note_whole(); }
    /// Names the file: another one has another name.
    std::string const& name_of_file() const { return database_.name(); }

private:
    /// So long after its end a request is over, whoever has it.
    static constexpr std::int64_t slack_ms = 60 * 1000;
    /// The states of a step; stored: never renumber.
    static constexpr int step_open = 1;
    static constexpr int step_paid = 2;
    static constexpr int step_free = 3;
    // Nonces that no request has; stored.
    static constexpr std::int64_t of_copy = -1;      ///< It stands for another copy's request.
    static constexpr std::int64_t of_lost_life = -2; ///< The journal is a copy from before it.

    /// A row of `steps`.
    struct Row {
        std::int64_t account = 0;
        std::int64_t holder = 0;
        std::int64_t nonce = 0;
        jobs::Micros price = 0;
        int state = 0;
        bool has_place = false;
        std::int64_t sent_at = 0;
        std::string task;
        bool by_search = false;
        Digest request{};
        bool has_left = false; ///< It was about to be sent, or more is known.
    };
    /// A request of another copy of the directory.
    struct CopyRow {
        Row row;
        std::int64_t ends_at = 0;
        std::int64_t run = 0;
    };
    /// The rows that most directories do not have.
    struct Beside {
        bool has_copies = false;  ///< There are other copies of the directory.
        bool has_charges = false; ///< It has charges of its own.
    };
    struct AccountRow {
        int open = 0;
        std::int64_t next_at = 0;
        std::int64_t hold_until = 0;
        std::int64_t parked_run = 0; ///< It is parked for the runs up to this one.
    };
    enum class Claim { by_answer, by_search };
    /// Payments of a directory that the ledger does not have, the last one first.
    struct NewPayments {
        std::vector<std::pair<engine::Payment, std::string>> left; ///< With the payer's identity.
        std::optional<engine::Payment> last; ///< The directory's last payment of all.
        bool has_unknown = false; ///< The payer of one is not known here: a later run may know.
        bool is_all_entered = false;
    };
    static constexpr std::size_t piece = 1000; ///< So much is entered in one transaction.

    SqliteLedger(Clock& clock, LedgerOptions options, LedgerDatabase database)
        : clock_(clock), options_(std::move(options)), database_(std::move(database)) {}

    std::int64_t now_us() const;
    std::int64_t now_ms() const { return clock_.wall().time_since_epoch().count(); }
    Result<> begin_run();
    Result<std::int64_t> next_holder();
    Result<> begin_boot();
    Result<> find_new_tasks(engine::DirectoryFacts const& facts,
                            std::vector<engine::KnownTask>& fresh);
    Result<bool> take_new(std::vector<engine::KnownTask> const& tasks,
                          std::vector<engine::KnownTask>& fresh);
    Result<> enter_oldest(std::vector<engine::KnownTask>& tasks);
    Result<std::vector<engine::NamedStep>> enter_all_open(engine::DirectoryFacts const& facts);
    Result<> enter_open(engine::OpenStep const& open, engine::DirectoryFacts const& facts,
                        std::vector<engine::NamedStep>& named);
    Result<> close_others(engine::DirectoryFacts const& facts);
    Result<> keep_task(Digest const& step, Row const& row, std::string const& task);
    Result<> close_other(Digest const& step, engine::DirectoryFacts const& facts, bool is_older);
    /// Notes how many facts the directory has.
    Result<> see(std::int64_t facts);
    Result<bool> has_seen_more_than(std::int64_t facts);
    Result<> find_new_payments(engine::DirectoryFacts const& facts, NewPayments& found);
    Result<bool> is_entered(engine::Payment const& payment);
    Result<bool> is_last_entered(engine::Payment const& payment);
    Result<> enter_oldest(NewPayments& payments);
    Result<> enter_payment(engine::Payment const& payment, std::string const& identity);
    Result<bool> has_task(std::int64_t account, std::string const& task);
    Result<> note_last_entered(engine::Payment const& payment);
    /// Returns whether the charge is new; its money is spent then.
    Result<bool> charge(engine::Payment const& payment, std::int64_t account);
    Result<> forget_old();
    Result<> forget_dead();

    Result<std::int64_t> account_of(std::string const& identity);
    Result<AccountRow> account_row(std::int64_t account);
    Result<std::optional<Row>> find(Digest const& step);
    static Row row_of(store::Statement& query);
    Result<> note_origin();
    Result<Beside> look_beside();
    Result<std::optional<CopyRow>> find_in_copies(Digest const& step);
    Result<std::vector<Digest>> try_held_after(Digest const& after);
    Result<std::vector<std::int64_t>> copies();
    Result<std::optional<engine::Grant>> grant_of_copy(engine::GrantRequest const& request);
    Result<> stand_for(Digest const& step, CopyRow const& found);
    static bool stands_for_copy(Row const& row);
    Result<> end_in_copies(Digest const& step, Row const& row, engine::LastWord word,
                           std::string const& task);
    Result<> name_in_copy(Digest const& step, CopyRow const& found, std::string const& task);
    Result<std::optional<engine::Grant>> grant_of_charge(engine::GrantRequest const& request);
    Result<bool> is_task_of_copy(Digest const& step, std::int64_t account, std::string_view task);
    Result<engine::Grant> try_grant(engine::GrantRequest const& request);
    Result<std::optional<engine::Grant>> known_grant(engine::GrantRequest const& request);
    engine::Grant held_grant(engine::Grant::What what, Row const& row) const;
    Result<std::optional<engine::Grant>> refusal(engine::GrantRequest const& request,
                                                 std::int64_t account, AccountRow& row);
    Result<engine::Problem> why_parked(std::int64_t account);
    Result<std::optional<engine::Grant>> over_cap(engine::GrantRequest const& request,
                                                  std::int64_t account);
    Result<> sweep(std::int64_t account);
    Result<> note_duration(Row const& row);
    Result<std::int64_t> longest_of(std::int64_t account);
    Result<std::int64_t> kept_for_dead(std::int64_t account);
    Result<bool> is_alive(std::int64_t holder);
    Result<bool> claim(Digest const& step, std::int64_t account, std::string_view task);
    Result<bool> claim_with_copies(Digest const& step, std::int64_t account, std::string_view task);
    Result<engine::Entered> try_claim(Digest const& step, std::string const& task, Claim how);
    Result<engine::Entered> try_settle(Digest const& step, engine::LastWord word,
                                       std::string const& task);
    Result<> end_step(Digest const& step, Row const& row, engine::LastWord word);
    Result<> try_lose(Digest const& step);
    Result<> try_set_aside(Digest const& step);
    Result<> leave_place(std::int64_t account);
    Result<> spend(std::int64_t account, std::int64_t at, jobs::Micros cost);
    Result<engine::OtherRuns> try_others(std::string const& identity,
                                         std::vector<std::string> const& tasks);
    Result<> read_requests(std::int64_t account, engine::OtherRuns& others);
    Result<std::string> try_places_taken_by(std::string const& identity);
    Result<Duration> try_turn(std::string const& identity, Duration pace, int questions);
    Result<> try_slow_down(std::string const& identity, std::int64_t until);
    Result<> try_park(std::string const& identity, engine::Problem const& why);

    /// A transaction was rolled back: what it has learnt may not be so.
    void forget_cached() {
        accounts_.clear();
        longest_.clear();
        swept_.clear();
        see_again_ = {};
        beside_.reset();
    }
    /// Keeps the answer of a call, and returns its error.
    template <class T>
    static Result<> keep(Result<T>& answer, Result<T> given) {
        answer = std::move(given);
        return answer.has_error() ? Result<>(answer.error()) : Result<>();
    }

    Clock& clock_;
    LedgerOptions options_;
    LedgerDatabase database_;
    std::int64_t run_ = 0;
    std::int64_t holder_ = 0;
    std::map<std::string, std::int64_t> accounts_; ///< Keyed by their identities.
    std::map<std::int64_t, Time> swept_;
    std::map<std::int64_t, std::int64_t> longest_; ///< See longest_of(); others may know longer.
    /// Steps of which the ledger has a later request than the journal, which is an older copy: no
    /// word about the earlier one, which has ended, is about that.
    std::map<Digest, bool> overtaken_; // always true
    std::map<Digest, bool> have_left_; // always true; see has_left()
    std::optional<Beside> beside_;     ///< See look_beside(); nothing: not known.
    Time see_again_{}; ///< When a grant is to note the facts of the directory again.
    // It ends before what its calls use.
    CallQueue calls_{clock_, database_, options_.gathering, [this] { forget_cached(); }};
};

} // namespace darkroom::ledger
