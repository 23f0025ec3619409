// What a run knows about the tasks at the service: those that are named, those that are claimed,
// and the requests in flight that have no name yet. Pure.
#pragma once

#include "runner/engine/listing_walk.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::engine {

struct FailedTask {
    std::string task_id;
    std::string account;
};

/// A lost request for which a search has found a record.
struct FoundRequest {
    LostRequest lost; ///< Without its marks.
    Time since{};     ///< When its search began.
    std::optional<Time> sent = {};
};

class KnownTasks {
public:
    /// The task belongs to a step from now on.
    void claim(std::string const& task_id) { claimed_.insert(task_id); }
    /// Sets an extra test for tasks of earlier runs.
    void set_is_claimed(std::function<bool(std::string const&)> test) {
        is_claimed_ = std::move(test);
    }
    /// The task belongs to a step of another run.
    void note_foreign(std::string const& task_id) { foreign_.insert(task_id); }
    /// The service has named this task.
    void note_task(KnownTask const& task) { book_.add(task); }
    /// The journal says that an earlier run knew this task. `now`: when this run began.
    void note_earlier(KnownTask const& task, Time now);
    bool has_owner(std::string const& task_id) const;

    /// The service has called this task failed. If it succeeds after all, the function set by
    /// set_on_late_success() is called.
    void note_failure(std::string const& task_id, std::string const& account);
    /// The same of a task that was refused for what it asks: nobody asks about it again.
    void note_rejection(std::string const& task_id) { book_.mark_failed(task_id); }
    /// Returns the last tasks that were called failed, with their accounts, and forgets them.
    std::vector<FailedTask> take_failed() { return std::exchange(failed_, {}); }
    void set_on_late_success(std::function<void(Digest const& step, LateAnswer late)> take) {
        on_late_success_ = std::move(take);
    }
    void note_success(Answer const& answer);

    /// A request is in flight and no line has named its task yet: an equal task in a listing may be
    /// that one's, so nobody may claim it meanwhile.
    void begin_unnamed(UnnamedRequest const& request);
    void end_unnamed(UnnamedRequest const& request);

    /// A request was answered without an id: the nearest equal task is its own.
    void note_answered(LostRequest request);
    /// A record was found for a lost request; it may be that of an equal one.
    void note_found(FoundRequest found);
    std::deque<FoundRequest> const& found() const { return found_; }

    /// A listing shows which task it was: it belongs to the step from now on.
    void name(LostRequest const& request, std::string const& task_id);
    void set_on_named(std::function<void(LostRequest request, std::string task_id)> take) {
        on_named_ = std::move(take);
    }

    Listing begin_listing() const;
    /// Returns what a search has to know; the rest is for the caller to fill in.
    SearchContext context(std::string const& account) const;

private:
    std::function<bool(std::string const&)> is_claimed_;
    std::function<void(Digest const&, LateAnswer)> on_late_success_;
    std::function<void(LostRequest, std::string)> on_named_;
    std::set<std::string> claimed_;
    std::set<std::string> foreign_;
    TaskBook book_;
    std::vector<FailedTask> failed_;
    std::deque<LostRequest> answered_;             ///< The last ones.
    std::deque<FoundRequest> found_;               ///< The last ones.
    std::multimap<std::string, WallTime> unnamed_; ///< When each was sent, by its key.
};

} // namespace darkroom::engine
