// Who pays: what each account is doing, and the choice among them. Pure: time is an argument.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/budget.hpp"
#include "runner/engine/pace.hpp"
#include "runner/engine/ports.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::engine {

/// What a paid request asks of the accounts.
struct AccountWish {
    std::optional<std::string> owner; ///< The one that made the image; none: any will do.
    jobs::Micros price = 0;
};

/// Who may pay for it, and when.
struct AccountChoice {
    enum class What {
        go,   ///< `account`, now.
        wait, ///< Ask again at `when`, and whenever a request has ended.
        none, ///< Nobody can in this run: `why`.
    } what = What::none;
    std::size_t account = 0;
    Time when = Time::max(); ///< max: only the end of a request can help.
    Problem why;
};

/// What one account has done in this run, and why it does no more.
struct AccountTally {
    std::string name;
    std::int64_t paid = 0;
    jobs::Micros cost = 0;
    std::optional<Problem> parked;
};

/// The accounts of a run; a run with one token has one without a name. Each has its own window,
/// rate and purse. A new item goes to the least loaded one that nobody's follow-up waits for.
class Accounts {
public:
    /// `limits` are of all together. `spent`: by earlier runs of this run directory, for accounts
    /// with a cost_cap; their open requests stay reserved.
    Accounts(std::vector<jobs::Account> accounts, jobs::Limits const& limits,
             std::map<std::string, Totals> const& spent);

    std::size_t size() const { return accounts_.size(); }
    std::optional<std::size_t> find(std::string const& name) const;
    std::string const& name_of(std::size_t account) const { return accounts_[account].is.name; }

    /// An account that turns out to have spent its cost_cap is parked.
    AccountChoice choose(Time now, AccountWish const& wish);
    /// A request of that price leaves now. `ready_since`: see TokenBucket::take.
    void begin(std::size_t account, Time now, Time ready_since, jobs::Micros price);
    /// It is no longer open at the service, as far as we know.
    void end(std::size_t account);

    /// Whether any has a cost_cap.
    bool have_caps() const;
    /// Its last word, as for Budget. No account: one that is no longer there, and of no matter.
    void charge(std::optional<std::size_t> account, jobs::Micros price);
    void release(std::optional<std::size_t> account, jobs::Micros price);
    void abandon(std::optional<std::size_t> account);
    /// For the tally: what this run has caused.
    void count(std::optional<std::size_t> account, jobs::Micros cost);

    /// True when there is one more place now.
    bool on_success(std::optional<std::size_t> account);
    /// A 429 to a request sent at `sent`; nobody pays with it before `until`.
    void slow_down(std::size_t account, Time sent, Time now, Time until);

    /// Of no more use in this run.
    void park(std::size_t account, Problem why);
    /// Those that were parked since this was asked last.
    std::vector<AccountTally> newly_parked();
    /// How many are not parked.
    std::size_t left() const;

    /// A follow-up begins or ceases to wait for its owner: no new item goes before it.
    void line_up(std::size_t account) { ++accounts_[account].followers; }
    void step_out(std::size_t account) { --accounts_[account].followers; }
    std::size_t followers() const;

    int open() const { return open_; }
    /// How many new items could begin now but for the rate.
    int places_for_new() const;
    std::vector<AccountTally> tallies() const;

private:
    struct Account {
        Account(jobs::Account account, bool adaptive, Totals const& spent);
        bool is_full() const { return open >= window.limit(); }
        /// Neither now nor when what is open has ended.
        bool is_too_poor_for(jobs::Micros price) const;
        /// Which of two has more to give: less of its places taken, then fewer requests so far.
        bool is_freer_than(Account const& other) const;

        jobs::Account is;
        Window window;
        TokenBucket bucket;
        std::optional<Budget> purse; ///< With a cost_cap.
        int open = 0;
        int followers = 0;
        std::int64_t begun = 0;
        AccountTally tally;
    };
    Budget* purse_of(std::optional<std::size_t> account);
    /// How one account alone stands to a price.
    AccountChoice ask(std::size_t account, Time now, jobs::Micros price) const;
    bool is_better(AccountChoice const& choice, AccountChoice const& than) const;
    AccountChoice choose_any(Time now, jobs::Micros price) const;
    void park_the_poor(jobs::Micros price);
    /// A choice under what all may do together.
    AccountChoice within_the_whole(AccountChoice choice, Time now) const;

    std::vector<Account> accounts_;
    int concurrency_;
    std::optional<TokenBucket> bucket_; ///< None: the accounts' own rates are all there is.
    int open_ = 0;
    std::vector<std::size_t> newly_parked_;
};

/// What to say of an account that a run knows of and the job file does not.
Problem no_such_account(std::string const& name);

} // namespace darkroom::engine
