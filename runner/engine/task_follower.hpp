// Follows tasks at the service until their last word: acknowledged ones, those whose answers were
// lost, and requests that have no task id.
#pragma once

#include "runner/engine/early_updates.hpp"
#include "runner/engine/listing_claims.hpp"
#include "runner/engine/listing_pages.hpp"
#include "runner/engine/service_clock.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace darkroom::engine {

struct FollowerOptions {
    Duration settle = std::chrono::seconds(30); ///< A lost task may take this long to show up.
    Duration total = std::chrono::minutes(15);  ///< The longest wait for one task.
    /// Returns the time between two questions of an account.
    std::function<Duration(std::string const& account)> pace = [](std::string const&) {
        return Duration(std::chrono::seconds(1));
    };
    bool is_own_service = false; ///< See SearchContext.
};

/// A request that the service has taken; its last word comes later.
struct AcknowledgedTask {
    AcknowledgedTask() = default;
    AcknowledgedTask(std::string task_id, std::string payer)
        : id(std::move(task_id)), account(std::move(payer)) {}
    std::string id;
    std::string account; ///< Who pays, and asks.
};

/// All questions of one account share one pace, whoever waits: ids go in batches, one walk through
/// the listing serves all searches, and they take turns. A task costs an entry here and no socket.
class TaskFollower final : public UpdateSink {
public:
    /// The ports outlive the follower.
    TaskFollower(boost::asio::any_io_executor executor, Clock& clock, Provider& provider,
                 FollowerOptions options);
    ~TaskFollower() override;
    TaskFollower(TaskFollower const&) = delete;
    TaskFollower& operator=(TaskFollower const&) = delete;

    /// Asks the ledger for its turns, and for the tasks of other runs; it outlives the follower.
    void use(LedgerLink& ledger) { ledger_ = &ledger; }

    /// Completes with the task's last word. A wait without one ends as a Problem of verdict
    /// `unknown` with the task's id: nothing is concluded from silence, nor from a `timeout`.
    /// Cancel: terminal; throws operation_aborted. `progress` outlives the call.
    awaitable<Outcome> wait_for(AcknowledgedTask task, ProgressSink& progress);
    /// Completes when the task has ended, or the longest wait is over; a record that only says
    /// `timeout` is given then. For a task whose answer was lost. Cancel: terminal.
    awaitable<Found> follow(std::string task_id, std::string account);
    /// The same for an image's task, whose record is needed once more; `absent` when it is not
    /// shown in the time to settle. Cancel: terminal.
    awaitable<Found> renew(std::string task_id, std::string account);
    /// Completes with a task, running or ended, that asks the same and belongs to no step; it is
    /// claimed for the caller, who records it at once. `absent` only on proof. `sent`: when it was
    /// sent; none for an earlier run. Ends as `unknown` by end_searches(). Cancel: terminal.
    awaitable<Found> search(LostRequest lost, std::optional<Time> sent);
    /// Completes when a walk for all searches that begins now has ended, or could not in the
    /// longest time for a task and in 90 seconds. Cancel: terminal.
    awaitable<void> walk_once();
    /// Asks once more about the tasks that were called failed in this run, for at most half a
    /// minute. KnownTasks reports those that have succeeded after all. Cancel: terminal.
    awaitable<void> ask_about_failed();
    /// Ends all searches as `unknown`.
    void end_searches();

    /// Takes an update about an acknowledged task. One that comes twice, late, out of order, early
    /// or about an unknown task does no harm.
    void on_update(TaskUpdate update) override;
    /// Makes questions about acknowledged tasks rare, since updates are expected.
    void expect_updates() { updates_expected_ = true; }

    /// Returns what the run knows about tasks. The caller notes there what it learns.
    KnownTasks& known() { return known_; }

    /// Asks for one account until cancelled. Each account that is asked about needs one call.
    awaitable<void> run(std::string account);

    /// Returns how many tasks and requests are waited for.
    std::size_t waiting() const;
    ServiceClock const& service_clock() const { return service_clock_; }

private:
    struct Account;

    // Those who wait.
    awaitable<void> wait(TaskWaiter& waiter, std::string account);
    void begin_wait(TaskWaiter& waiter, Account& account);
    Account& account_of(std::string const& name);
    void finish_with(TaskWaiter& waiter, TaskRecord const& record);

    // Questions.
    Time next_turn(Account const& account) const; ///< When there is something to do.
    Time end_of_wait(Account const& account, TaskWaiter const& waiter) const;
    Milliseconds ahead() const { return service_clock_.ahead().value_or(Milliseconds()); }
    void end_the_late(Account& account);
    awaitable<void> ask_next(Account& account);
    awaitable<LookedUp> ask(Account& account, TaskQuery query);
    void take_answer(Account& account, Time asked, LookedUp const& answered);
    void refuse_all(Account& account, Problem const& problem);
    awaitable<void> ask_for_ids(Account& account);
    void take_page(std::vector<std::string> const& ids, TaskPage const& page);
    void take_record(TaskWaiter& waiter, TaskRecord const& record);

    // Walks.
    awaitable<void> ask_for_listing(Account& account);
    awaitable<void> conclude_passed(Account& account, ListingWalk& walk);
    Findings conclude_now(std::string const& account, std::vector<TaskWaiter*> const& waiters,
                          ListingWalk const& walk, OtherRuns const& others);
    void conclude_search(TaskWaiter& waiter, Conclusion const& conclusion);
    bool uses_ledger() const { return ledger_ != nullptr && ledger_->is_on(); }
    awaitable<bool> has_turn(Account& account);
    awaitable<void> until_walked(Account& account);
    SearchContext context_of(std::string const& account, ListingWalk const& walk) const;
    Duration age_at(ListingWalk const& walk, LostRequest const& lost,
                    std::optional<Time> sent) const;

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Provider& provider_;
    FollowerOptions options_;
    LedgerLink* ledger_ = nullptr;
    KnownTasks known_;
    std::map<std::string, std::unique_ptr<Account>> accounts_;
    WaiterIndex by_id_;
    EarlyUpdates early_;
    ServiceClock service_clock_;
    Duration usual_{}; ///< The time that acknowledged tasks take.
    bool updates_expected_ = false;
};

} // namespace darkroom::engine
