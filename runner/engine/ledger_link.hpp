// The way from the parts of a run to the ledger; nothing happens on it where there is none.
#pragma once

#include "runner/engine/accounts.hpp"
#include "runner/engine/ledger.hpp"
#include "runner/engine/run_end.hpp"
#include "runner/engine/run_options.hpp"
#include "runner/engine/task_search.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace darkroom::engine {

/// The share of an account that the local limits give a request.
struct AccountTerms {
    std::string name;
    int places = 1;
    Duration interval{};
};

/// Knows the identities of the accounts, and what follows when the ledger fails: without caps the
/// run continues alone, and says so once, where the ledger allows it; else it ends. Awaited calls
/// are for a ledger that is_on().
class LedgerLink {
public:
    /// `ports` and `options` outlive it; `end_run` ends a run with caps.
    LedgerLink(Ports const& ports, EngineOptions const& options, EndRun end_run);
    LedgerLink(LedgerLink const&) = delete;
    LedgerLink& operator=(LedgerLink const&) = delete;

    bool is_on() const { return ledger_ != nullptr; }

    awaitable<void> enter(DirectoryFacts facts);
    /// Returns the task that only the ledger has of an open step; "" for none. Once for each step.
    std::string take_name(Digest const& step);

    awaitable<Grant> grant(AccountWish const& wish, AccountTerms terms);
    /// Looks, the first time, for steps that only the ledger has: paid or open, and not in the
    /// journal. Completes with whether any of them has not been asked for.
    awaitable<bool> find_held();
    /// Returns whether find_held() has found this step, and its grant() has not been asked since.
    bool holds(Digest const& step) const { return held_.contains(step); }
    bool holds_any() const { return !held_.empty(); }
    /// Says which limit of the day or the month is spent; "": nothing is known to say.
    std::string words_for(Grant const& spent) const;
    awaitable<Entered> adopt(Digest step, std::string task_id);
    /// Completes with whether the request was open, and is free now.
    awaitable<bool> settle_free(Digest step);
    awaitable<OtherRuns> others(std::string account, std::vector<std::string> tasks);
    awaitable<Duration> look_turn(std::string account, Duration pace, int questions);

    /// See Ledger::has_left().
    bool has_left(Digest const& step) const { return is_on() && ledger_->has_left(step); }
    /// See Ledger::may_send().
    bool may_send(Digest const& step) const { return !is_on() || ledger_->may_send(step); }

    // These do nothing without a ledger.
    void name(Digest const& step, std::string const& task_id);
    void note_paid(Digest const& step, std::string const& task_id);
    void lose(Digest const& step);
    void set_aside(Digest const& step);
    void charge_again(Digest const& step, std::string const& task_id, std::string const& account,
                      jobs::Micros cost);
    void slow_down(std::string const& account, Duration wait);
    void park(std::string const& account, Problem const& why);

private:
    std::string identity_of(std::string const& account) const;
    bool has_waited_long(std::string const& account, Grant::What answer);
    awaitable<void> say_who_has_places(std::string account);
    void check();
    void lose_ledger(std::string why);

    Ledger* ledger_; ///< Null: there is none, or it has failed.
    Provider& provider_;
    Journal& journal_;
    Clock& clock_;
    EngineOptions const& options_;
    EndRun end_run_;
    std::map<Digest, std::string> names_;
    std::set<Digest> held_;
    bool has_looked_ = false;           ///< For what it holds.
    std::map<std::string, Time> waits_; ///< When to say what an account's requests wait for.
};

/// Adds to a search what other runs know. `asked`: the digests of the keys of our lost requests.
void add_others(SearchContext& context, OtherRuns const& others,
                std::vector<LostRequest const*> const& asked);

} // namespace darkroom::engine
