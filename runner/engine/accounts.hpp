// Chooses the account that pays for a request. Pure: time is an argument.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/budget.hpp"
#include "runner/engine/pace.hpp"
#include "runner/engine/ports.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::engine {

/// A paid request, as the accounts see it.
struct AccountWish {
    std::optional<std::string> owner; ///< The account that made the image; none: any will do.
    jobs::Micros price = 0;
    /// Becomes true when nobody wants it any more; null: it stays wanted.
    std::function<bool()> is_dropped = {};
    Digest const* step = nullptr; ///< Whose request it is; it outlives the wish.
    Digest request{};             ///< See request_digest(); all zero where there is no ledger.
    bool is_wanted() const { return !is_dropped || !is_dropped(); }
};

/// The answer to a wish: which account may pay, and when.
struct AccountChoice {
    enum class What {
        go,   ///< `account`, now.
        wait, ///< Ask again at `when`, and whenever a request has ended.
        none, ///< No account can pay in this run: `why`.
    } what = What::none;
    std::size_t account = 0;
    Time when = Time::max(); ///< max: only the end of another request can help.
    Problem why;
};

/// The code of the problem of an account that has spent its own limit.
constexpr std::string_view code_cost_cap = "cost_cap";

/// Counts what one account has done in this run.
struct AccountTally {
    std::string name;
    std::int64_t paid = 0;
    jobs::Micros cost = 0;
    std::optional<Problem> parked; ///< Why it pays for nothing more.
};

/// The accounts of a run; a run with one token has one without a name. Each has its own window,
/// rate and budget. A new item goes to the least loaded account that no follow-up waits for.
class Accounts {
public:
    /// `limits` are the limits of all accounts together. `spent` is what earlier runs of this run
    /// directory have spent, for accounts with a cost_cap; their open requests stay reserved.
    Accounts(std::vector<jobs::Account> accounts, jobs::Limits const& limits,
             std::map<std::string, Totals> const& spent);

    /// Takes other limits of all accounts together; those of each stay. Open requests stay open.
    void set_limits(jobs::Limits const& limits);

    std::size_t size() const { return accounts_.size(); }
    std::optional<std::size_t> find(std::string const& name) const;
    std::string const& name_of(std::size_t account) const { return accounts_[account].is.name; }

    /// An account that turns out to have spent its cost_cap is parked.
    AccountChoice choose(Time now, AccountWish const& wish);
    /// Lets nobody pay with the account before `until`: other runs use it.
    void hold_until(std::size_t account, Time until) {
        accounts_[account].bucket.hold_until(until);
    }
    /// Returns how many of its requests may be open at once, whatever happens here.
    int places_of(std::size_t account) const;
    Duration interval_of(std::size_t account) const { return accounts_[account].bucket.interval(); }
    /// Takes a place for a request of that price, which leaves now. See TokenBucket::take for
    /// `ready_since`.
    void begin(std::size_t account, Time now, Time ready_since, jobs::Micros price);
    /// Reserves the price of a request that was sent before, whatever the limits.
    void take_over(std::optional<std::size_t> account, jobs::Micros price);
    /// Gives the place back: the request is no longer open, as far as we know.
    void end(std::size_t account);

    /// Returns whether any account has a cost_cap.
    bool have_caps() const;
    /// Settles a request, like Budget. An account that is no longer in the job file is ignored.
    void charge(std::optional<std::size_t> account, jobs::Micros price);
    void release(std::optional<std::size_t> account, jobs::Micros price);
    void abandon(std::optional<std::size_t> account);
    void add(std::optional<std::size_t> account, jobs::Micros cost);
    /// Counts a paid request in the tally.
    void count(std::optional<std::size_t> account, jobs::Micros cost);

    /// Counts a success. Returns true when there is one more place now.
    bool on_success(std::optional<std::size_t> account);
    /// Reacts to a 429 to a request sent at `sent`. If it means overload, nobody pays with the
    /// account before `until`. Returns whether it does.
    bool slow_down(std::size_t account, Time sent, Time now, Time until);

    /// Reacts to a request that was sent and got no word: one at a time from now on, with back-off,
    /// until on_word().
    void on_loss(std::size_t account, Time now);
    /// Reacts to a word of the service about a paid request. Returns true when that ends a time of
    /// losses.
    bool on_word(std::size_t account);

    /// Lets the account pay for nothing more in this run.
    void park(std::size_t account, Problem why);
    /// Returns the accounts that were parked since the last call.
    std::vector<AccountTally> newly_parked();
    /// Returns how many accounts are not parked.
    std::size_t left() const;

    /// A follow-up begins or ends to wait for its owner: no new item goes there before it.
    void begin_waiting(std::size_t account) { ++accounts_[account].followers; }
    void end_waiting(std::size_t account);
    /// Returns how many follow-ups wait for their owners.
    std::size_t followers() const;

    int open() const { return open_; }
    /// Returns how many requests may be open now.
    int places() const;
    /// Returns how many new items could begin now, if the rate allowed it.
    int places_for_new() const;
    std::vector<AccountTally> tallies() const;

private:
    struct Account {
        Account(jobs::Account account, bool adaptive, Totals const& spent);
        int places() const { return losses > 0 ? 1 : window.limit(); }
        bool is_full() const { return open >= places(); }
        /// Returns whether the account can pay neither now nor when its open requests have ended.
        bool is_over_cap_with(jobs::Micros price) const;
        /// Returns whether it has more to give than `other`: a smaller part of its places is
        /// taken, or it has had fewer requests.
        bool is_freer_than(Account const& other) const;

        jobs::Account is;
        Window window;
        TokenBucket bucket;
        std::optional<Budget> budget; ///< Set for an account with a cost_cap.
        int open = 0;
        int losses = 0;      ///< In a row.
        Time held_by_loss{}; ///< Nobody pays before, while there are losses.
        int followers = 0;
        std::int64_t begun = 0;
        AccountTally tally;
    };
    Budget* budget_of(std::optional<std::size_t> account);
    /// Returns what one account alone could do for a price.
    AccountChoice ask(std::size_t account, Time now, jobs::Micros price) const;
    bool is_better(AccountChoice const& choice, AccountChoice const& than) const;
    AccountChoice choose_any(Time now, jobs::Micros price) const;
    void park_those_over_cap(jobs::Micros price);
    /// Restricts a choice to what all accounts may do together.
    AccountChoice within_all_limits(AccountChoice choice, Time now) const;

    std::vector<Account> accounts_;
    bool is_unnamed_; ///< There is one account, whose limits are those of all.
    int concurrency_;
    std::optional<TokenBucket> bucket_; ///< None: the accounts' own rates are the only limit.
    int open_ = 0;
    std::vector<std::size_t> newly_parked_;
};

/// Describes an account that the run directory knows and the job file does not.
Problem no_such_account(std::string const& name);

} // namespace darkroom::engine
