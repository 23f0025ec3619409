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
        absent,  ///< The service never took it; of an image's task: it is not shown.
        unknown, ///< Nothing certain could be learnt.
    } what = What::unknown;
    TaskRecord record;
    std::optional<Problem> refusal; ///< With unknown: this account may not even ask.
    Doubt doubt = Doubt::none;      ///< With unknown, of a search: why.
};

class WaiterQueue;

/// One coroutine that waits for the last word about a task; lives in its frame.
struct TaskWaiter {
    enum class Kind {
        acknowledged, ///< The service has taken the request; its last word comes later.
        lost,         ///< The answer was lost, but not the task's id.
        renewal,      ///< Its record is needed once more, for a fresh link.
        once,         ///< It was called failed: one answer tells whether that still holds.
        search,       ///< The id is not known: the listing is searched.
    };
    using Due = std::pair<Time, std::uint64_t>; ///< Equal times in the order of arrival.

    TaskWaiter(boost::asio::any_io_executor executor, Kind the_kind)
        : kind(the_kind), ended(std::move(executor)) {}
    TaskWaiter(TaskWaiter const&) = delete;
    TaskWaiter& operator=(TaskWaiter const&) = delete;

    Kind kind;
    std::string task_id;              ///< "" for a search.
    LostRequest lost;                 ///< Set for a search, and so `sent`.
    std::optional<Time> sent;         ///< None: an earlier run sent it.
    Doubt doubt = Doubt::too_early;   ///< Why a search has not ended yet.
    bool is_deep = false;             ///< So old that it is searched for in walks of its own.
    bool is_end_far = false;          ///< Only those read the list to its end for it.
    ProgressSink* progress = nullptr; ///< Set for an acknowledged task.
    int percent = -1;                 ///< The highest that was shown.
    bool asks_alone = false; ///< A batch did not have it; a page may be shorter than was asked for.
    int absences = 0;        ///< Answers in a row that did not have it.
    std::optional<Time> absent_since;
    std::optional<TaskRecord> timed_out; ///< A record that says `timeout`: it may yet succeed.
    Time since{};
    Due due{};
    WaiterQueue* queue = nullptr; ///< While it waits.
    std::list<TaskWaiter*>::iterator position{};
    std::optional<Found> found;
    Gate ended;
};

/// A task that only says `timeout` may yet succeed.
bool may_yet_succeed(Outcome const& outcome);
bool is_acknowledged(TaskWaiter const& waiter);
/// Shows the progress of an acknowledged task; what is lower than before is passed over.
void show_percent(TaskWaiter& waiter, int percent);
/// Ends the wait.
void finish(TaskWaiter& waiter, Found found);
/// Ends the wait without a last word. The reason is for an acknowledged task, whose request is
/// looked up next.
void give_up(TaskWaiter& waiter, std::string code, std::string message);

/// An answer did not have the task; `asked_alone`: it was asked for nothing else.
void note_absence(TaskWaiter& waiter, bool asked_alone, Time now, Duration settle);

/// The waiters for tasks with an id.
class WaiterIndex {
public:
    /// Keeps a waiter under its id, if it has one, until it is destroyed; and takes it out of its
    /// queue then.
    class Entry {
    public:
        Entry(WaiterIndex& index, TaskWaiter& waiter);
        Entry(Entry const&) = delete;
        Entry& operator=(Entry const&) = delete;
        ~Entry();

    private:
        WaiterIndex& index_;
        TaskWaiter& waiter_;
    };
    /// Returns those for one task, without the ones that have ended.
    std::vector<TaskWaiter*> of(std::string const& task_id) const;

private:
    std::multimap<std::string, TaskWaiter*> waiters_;
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
    std::size_t count_searches() const { return searches_.size(); }
    /// The one that has waited longest.
    TaskWaiter& oldest() const { return *by_age_.front(); }
    /// All of them, those that have waited longest first.
    std::list<TaskWaiter*> const& by_age() const { return by_age_; }
    /// When the first question for an id is due; Time::max() without one.
    Time next_id() const;

    /// Returns the ids that have been due for longest, and fills up with those due next.
    std::vector<std::string> next_ids(std::size_t max) const;
    /// Returns those who search, the oldest first.
    std::vector<TaskWaiter*> searches() const;

private:
    using ByDue = std::map<TaskWaiter::Due, TaskWaiter*>;
    ByDue& queue_of(TaskWaiter const& waiter);

    std::list<TaskWaiter*> by_age_;
    ByDue ids_;
    ByDue searches_; ///< Their walks decide when they are due.
    std::uint64_t arrivals_ = 0;
};

} // namespace darkroom::engine
