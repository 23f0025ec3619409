// Follows tasks at the service until their last word: acknowledged ones, those whose answers were
// lost, and requests that have no task id.
#pragma once

#include "runner/engine/early_updates.hpp"
#include "runner/engine/task_waiter.hpp"

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
    Duration pace = std::chrono::seconds(1);    ///< The time between two questions of one account.
    Duration absent_max = std::chrono::seconds(30); ///< An acknowledged task that is not shown.
};

/// A request that the service has taken; its last word comes later.
struct AcknowledgedTask {
    AcknowledgedTask() = default;
    AcknowledgedTask(std::string task_id, std::string payer)
        : id(std::move(task_id)), account(std::move(payer)) {}
    std::string id;
    std::string account; ///< Who pays, and asks.
};

/// All questions of one account share one pace, whoever waits: ids go in batches, one listing
/// serves all searches, and both take turns. A task costs an entry here and no socket.
class TaskFollower final : public UpdateSink {
public:
    /// Both ports outlive the follower.
    TaskFollower(boost::asio::any_io_executor executor, Clock& clock, Provider& provider,
                 FollowerOptions options);
    ~TaskFollower() override;
    TaskFollower(TaskFollower const&) = delete;
    TaskFollower& operator=(TaskFollower const&) = delete;

    /// Completes with the task's last word. A wait without one ends as a Problem of verdict
    /// `unknown` with the task's id: nothing is concluded from silence.
    /// Cancel: terminal; throws operation_aborted. `progress` outlives the call.
    awaitable<Outcome> wait_for(AcknowledgedTask task, ProgressSink& progress);
    /// Completes when the task has ended, is not known, or the longest wait is over. For a task
    /// whose answer was lost, or whose record is needed once more. Cancel: terminal.
    awaitable<Found> follow(std::string task_id, std::string account);
    /// Completes with a task, running or ended, that asks the same and belongs to no step; it is
    /// claimed for the caller, who records it at once. Cancel: terminal.
    awaitable<Found> search(LostRequest lost);

    /// Takes an update about an acknowledged task. One that comes twice, late, out of order, early
    /// or about an unknown task does no harm.
    void on_update(TaskUpdate update) override;
    /// Makes questions about acknowledged tasks rare, since updates are expected.
    void expect_updates() { updates_expected_ = true; }

    /// The task belongs to a step from now on.
    void claim(std::string const& task_id) { claimed_.insert(task_id); }
    /// Sets an extra test for tasks of earlier runs.
    void set_is_claimed(std::function<bool(std::string const&)> test) {
        is_claimed_ = std::move(test);
    }
    /// A request is in flight and no line has named its task yet: an equal task in a listing may be
    /// that one's, so nobody may claim it meanwhile.
    void begin_unnamed(std::string const& request) { unnamed_.insert(request); }
    void end_unnamed(std::string const& request);

    /// Asks for one account until cancelled. Each account that is asked about needs one call.
    awaitable<void> run(std::string account);

    /// Returns how many tasks and requests are waited for.
    std::size_t waiting() const;

private:
    struct Walk;
    struct Account;
    class Entry;
    using Answered = std::variant<TaskPage, Problem>;

    // Those who wait.
    awaitable<void> wait(TaskWaiter& waiter, std::string account);
    Account& account_of(std::string const& name);
    std::vector<TaskWaiter*> waiters_for(std::string const& task_id) const; ///< Without ended ones.
    void finish(TaskWaiter& waiter, Found found);
    void finish_with(TaskWaiter& waiter, TaskRecord const& record);
    void give_up(TaskWaiter& waiter, std::string code, std::string message);

    // Questions.
    Time next_turn(Account const& account) const; ///< When there is something to do.
    bool is_walk_due(Account const& account) const;
    Time end_of_wait(Account const& account, TaskWaiter const& waiter) const;
    void end_the_late(Account& account);
    awaitable<void> ask_next(Account& account);
    awaitable<Answered> ask(Account& account, TaskQuery query);
    void refuse_all(Account& account, Problem const& problem);
    awaitable<void> ask_for_ids(Account& account);
    void take_page(std::vector<std::string> const& ids, TaskPage const& page);
    void note_absence(TaskWaiter& waiter, bool asked_alone);
    awaitable<void> ask_for_listing(Account& account);
    void prepare_walk(Account& account);
    void end_walk(Account& account);
    void conclude_search(TaskWaiter& waiter, Conclusion const& conclusion);
    Claims claims() const;

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Provider& provider_;
    FollowerOptions options_;
    std::function<bool(std::string const&)> is_claimed_;
    std::set<std::string> claimed_;
    std::multiset<std::string> unnamed_;
    std::map<std::string, std::unique_ptr<Account>> accounts_;
    std::multimap<std::string, TaskWaiter*> by_id_;
    EarlyUpdates early_;
    std::chrono::milliseconds service_ahead_{}; ///< The service's clock minus ours.
    Duration usual_{};                          ///< The time that acknowledged tasks take.
    bool updates_expected_ = false;
};

} // namespace darkroom::engine
