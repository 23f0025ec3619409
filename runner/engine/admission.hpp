// Decides which paid request may leave, when, and who pays: accounts, places, rate and budget.
#pragma once

#include "runner/base/semaphore.hpp"
#include "runner/base/task_group.hpp"
#include "runner/engine/ledger_link.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace darkroom::engine {

/// The parts of a run that admission uses; they outlive it.
struct AdmissionParts {
    TaskGroup& helpers; ///< Runs the wake-ups.
    Gate& room;         ///< Woken whenever another item might have room.
    EndRun end_run;     ///< Called when the budget is spent, or no account is left.
    LedgerLink& ledger; ///< Asked for every permit, where there is a ledger.
};

/// Everything a paid request has to wait for. It gets a permit, which holds its place until the
/// request has its last word.
class Admission {
public:
    /// Holds one place among the open requests of an account until destroyed.
    class Permit {
    public:
        Permit(Admission& admission, std::size_t account)
            : admission_(&admission), account_(account) {}
        Permit(Permit&& other) noexcept
            : admission_(std::exchange(other.admission_, nullptr)), account_(other.account_) {}
        Permit& operator=(Permit&& other) noexcept {
            std::swap(admission_, other.admission_);
            std::swap(account_, other.account_);
            return *this;
        }
        ~Permit() {
            if (admission_ != nullptr) admission_->end(account_);
        }
        /// Returns the name of the account that pays.
        std::string const& account() const { return admission_->accounts_.name_of(account_); }

    private:
        Admission* admission_;
        std::size_t account_;
    };

    /// The answer to a request for admission. No member is set when the budget is spent, the
    /// run is stopping, or nobody wants it any more.
    struct Admitted {
        std::optional<Permit> permit;
        std::optional<Problem> nobody; ///< Why no account can pay in this run.
        /// The ledger has a request of the step already: it must not be sent. Its price is
        /// reserved until give_up_price() or take_over().
        std::optional<HeldRequest> held;
    };

    Admission(boost::asio::any_io_executor executor, Ports const& ports,
              EngineOptions const& options, AdmissionParts parts);
    Admission(Admission const&) = delete;
    Admission& operator=(Admission const&) = delete;

    /// Completes with a permit as soon as the budget, a place and the rate allow the request; those
    /// who wait go in the order of Priority. Its price is then reserved until charge(), release()
    /// or abandon(). Cancel: terminal.
    awaitable<Admitted> admit(AccountWish wish, Priority priority);

    /// Gives back the price of a request that is not to be sent.
    void give_up_price(jobs::Micros price);
    /// Reserves that price with the account that has sent the request before.
    void take_over(std::string const& account, jobs::Micros price);
    /// Records the last word of a reserved request: it is paid for.
    void charge(std::string const& account, jobs::Micros price);
    /// Records the last word of a reserved request: it costs nothing.
    void release(std::string const& account, jobs::Micros price);
    /// Notes that a reserved request gets no last word in this run.
    void abandon(std::string const& account);
    /// Adds a generation that was paid although the service had called it failed.
    void charge_again(std::string const& account, jobs::Micros cost);
    /// Reacts to a request that was sent and got no word, and to the next word about any.
    void on_loss(std::string const& account);
    void on_word(std::string const& account);
    /// Counts a request that this run has paid for.
    void count(std::string const& account, jobs::Micros cost);

    /// Reacts to a 429 to a request sent at `sent`. If it means overload: fewer at once, and nobody
    /// pays with this account for `wait`. Returns whether another account may pay meanwhile.
    bool slow_down(std::string const& account, Time sent, Duration wait);
    /// Parks an account for the rest of the run, because the service refuses it.
    void park(std::string const& account, Problem const& problem);
    /// Shows once that an account pays for nothing more.
    void report_parked(std::string const& account, Problem const& problem);

    /// Admits nothing more, and turns away whoever waits. Permits stay valid.
    void close();
    /// Admits nobody until resume(): whoever waits goes on waiting. Permits stay valid.
    void pause();
    void resume();
    bool is_paused() const { return paused_; }
    /// Ends a run that has no money left, once all items have had their turn: until then it goes on
    /// with what only the ledger has.
    void end_if_spent();
    /// Lets everybody who waits look whether it is still wanted.
    void wishes_changed();
    /// Takes other limits of all accounts together from now on.
    void set_limits(jobs::Limits const& limits);

    /// Returns whether a new item would find a place as soon as the rate allows.
    bool has_place_for_item() const;
    Accounts const& accounts() const { return accounts_; }
    /// Returns how many requests wait for others to be settled, since the budget is all reserved.
    std::size_t waiting_for_money() const { return waiting_for_money_; }

private:
    class OwnerWait;
    class WaitsForMoney;
    class InTurn;

    awaitable<bool> reserve(AccountWish const& wish);
    awaitable<Admitted> wait_for_turn(AccountWish wish, Priority priority);
    /// The ledger speaks to the one whose turn it is.
    enum class LedgerWord { go, again, held };
    awaitable<LedgerWord> ask_ledger(AccountWish const& wish, std::size_t account,
                                     std::optional<HeldRequest>& held);
    awaitable<void> until_money_changes(bool may_change, std::size_t account, std::string why);
    awaitable<std::optional<HeldRequest>> ask_for_held(AccountWish const& wish, Problem why);
    awaitable<void> end_buying(std::size_t account, std::string why);
    bool is_left_out(AccountWish const& wish) const;
    bool is_in_question(AccountWish const& wish) const;
    awaitable<void> until_changed(Time when);
    awaitable<void> wake_at(Time when);
    std::size_t queue_of(AccountWish const& wish) const;
    AccountChoice choose(AccountWish const& wish);
    void report_newly_parked();
    void end(std::size_t account);
    void places_changed();
    void money_changed();

    Clock& clock_;
    Observer& observer_;
    TaskGroup& helpers_;
    Gate& room_;
    EndRun end_run_;
    LedgerLink& ledger_;
    Accounts accounts_;
    Budget budget_;
    /// In each, one at a time waits for the next place and the next token. The first is for
    /// requests that any account may pay for, the others for the follow-ups of one account each.
    std::deque<PrioritySemaphore> admission_queues_;
    Gate place_free_;        ///< A request ended, a window grew, or an account was parked.
    Gate settled_;           ///< The budget changed.
    std::set<Time> wakeups_; ///< When place_free_ will be woken because time has passed.
    std::size_t waiting_for_money_ = 0;
    std::int64_t in_turn_ = 0;       ///< Requests that are reserved and wait for their turn.
    std::set<std::string> reported_; ///< Accounts that were shown as parked.
    /// Set when the money is spent, with its words: only what the ledger holds is asked for.
    std::optional<std::string> spent_;
    bool closed_ = false;
    bool paused_ = false;
};

} // namespace darkroom::engine
