// Keeps those who wait for the tasks of an account, in the order of their next questions. Pure but
// for the gate that wakes a waiter: time is an argument.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/engine/task_search.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::engine {

/// The answer to "what became of it?".
struct Found {
    enum class What {
        record,  ///< There it is; `record` has an outcome, or runs (search only).
        absent,  ///< The service has no such task, and has had time to show it.
        unknown, ///< Nothing certain could be learnt.
    } what = What::unknown;
    TaskRecord record;
    std::optional<Problem> refusal; ///< With unknown: this account may not even ask.
};

class WaiterQueue;

/// One coroutine that waits for the last word about a task; lives in its frame.
struct TaskWaiter {
    enum class Kind {
        acknowledged, ///< The service has taken the request; its last word comes later.
        lost,         ///< The answer was lost, but not the task's id.
        search,       ///< The id is not known: the listing is searched.
    };
    using Due = std::pair<Time, std::uint64_t>; ///< Equal times in the order of arrival.

    TaskWaiter(boost::asio::any_io_executor executor, Kind the_kind)
        : kind(the_kind), ended(std::move(executor)) {}
    TaskWaiter(TaskWaiter const&) = delete;
    TaskWaiter& operator=(TaskWaiter const&) = delete;

    Kind kind;
    std::string task_id;              ///< "" for a search.
    LostRequest lost;                 ///< Set for a search.
    ProgressSink* progress = nullptr; ///< Set for an acknowledged task.
    int percent = -1;                 ///< The highest that was shown.
    bool asks_alone = false; ///< A batch did not have it; a page may be shorter than was asked for.
    std::optional<Time> absent_since;
    Time since{};
    Due due{};
    WaiterQueue* queue = nullptr; ///< While it waits.
    std::list<TaskWaiter*>::iterator position{};
    std::optional<Found> found;
    Gate ended;
};

/// The waiters of one account.
class WaiterQueue {
public:
    /// The first question is asked at `due`, which is not before `now`.
    void add(TaskWaiter& waiter, Time now, Time due);
    void remove(TaskWaiter& waiter);
    void ask_again_at(TaskWaiter& waiter, Time due);

    bool empty() const { return by_age_.empty(); }
    std::size_t size() const { return by_age_.size(); }
    bool has_searches() const { return !searches_.empty(); }
    /// The one that has waited longest.
    TaskWaiter& oldest() const { return *by_age_.front(); }
    /// All of them, those that have waited longest first.
    std::list<TaskWaiter*> const& by_age() const { return by_age_; }
    /// When the first of each kind is due; Time::max() without one.
    Time next_id() const;
    Time next_search() const;

    /// Returns the ids that have been due for longest, and fills up with those due next.
    std::vector<std::string> next_ids(std::size_t max) const;
    /// Returns those who search since `now` or longer, the oldest first.
    std::vector<TaskWaiter*> searches_since(Time now) const;

private:
    using ByDue = std::map<TaskWaiter::Due, TaskWaiter*>;
    ByDue& queue_of(TaskWaiter const& waiter);

    std::list<TaskWaiter*> by_age_;
    ByDue ids_;
    ByDue searches_;
    std::uint64_t arrivals_ = 0;
};

} // namespace darkroom::engine
