// What became of a request whose answer was lost: the one place that asks /midjourney/tasks.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/engine/ports.hpp"

#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace darkroom::engine {

struct LookUpOptions {
    Duration settle = std::chrono::seconds(30);   ///< How long a request may take to show up.
    Duration patience = std::chrono::minutes(15); ///< How long to ask before leaving it unknown.
    Duration pace = std::chrono::seconds(1);      ///< Between two requests of one account.
};

/// The answer to "what became of it?".
struct Found {
    enum class What {
        record,  ///< There it is; `record` has an outcome, or runs (search only).
        nothing, ///< The service has no such task, and has had time to show it.
        no_word, ///< Nothing certain could be learnt: it stays unknown.
    } what = What::no_word;
    TaskRecord record;
    std::optional<Problem> refusal; ///< With no_word: this account may not even ask.
};

/// A request that left and has no task id.
struct LostRequest {
    std::string request; ///< canonical_body() of what was sent.
    WallTime submitted_at{};
    std::string account;
    std::string endpoint; ///< Where it was sent.
};

/// At most one request a second for an account: its ids go in batches, one listing serves all who
/// search there.
class LookUps {
public:
    /// `is_taken`: whether a task already belongs to a step. Both ports outlive this.
    LookUps(boost::asio::any_io_executor executor, Clock& clock, Provider& provider,
            LookUpOptions options);
    LookUps(LookUps const&) = delete;
    LookUps& operator=(LookUps const&) = delete;

    /// Completes when the task has ended, is not known, or patience ran out. Cancel: terminal.
    awaitable<Found> follow(std::string task_id, std::string account);
    /// Completes with a task, running or ended, that asks the same and belongs to no step; it is
    /// taken for the caller, who records it at once. Cancel: terminal.
    awaitable<Found> search(LostRequest lost);

    /// A task that belongs to a step from now on.
    void take(std::string const& task_id) { taken_.insert(task_id); }
    /// Extra test for tasks of earlier runs.
    void set_is_taken(std::function<bool(std::string const&)> test) { is_taken_ = std::move(test); }

    /// A request is in flight and no line has named its task yet: an equal task in a listing may be
    /// that one's, so nobody may take it meanwhile.
    void begin_unnamed(std::string const& request) { unnamed_.insert(request); }
    void end_unnamed(std::string const& request);

    /// The coroutine that asks for one account; runs until cancelled. Each account that is asked
    /// about needs one.
    awaitable<void> run(std::string account);

private:
    struct Query;
    struct Scan;
    struct Turn {
        Time next_ask{};
        int failures = 0; ///< In a row.
    };
    class Asking;
    using Answered = std::variant<TaskPage, Problem>;

    awaitable<void> ask_ids(std::vector<std::string> ids, std::string account);
    awaitable<void> scan(std::string account);
    awaitable<Answered> ask(TaskQuery query);
    bool is_asked_about(std::string const& account) const;
    bool is_searched_in(std::string const& account) const;
    std::vector<std::string> due_ids(std::string const& account) const;
    void hear_of_ids(std::vector<std::string> const& ids, TaskPage const& page);
    std::vector<Query*> asked_before(Time asked_at, std::string const& account);
    void conclude(Query& query, Scan const& scan);
    TaskRecord const* match(Query const& query, Scan const& scan, bool settled) const;
    TaskRecord const* match_from(WallTime from, Query const& query, Scan const& scan) const;
    void give_up_on_the_old();
    void refuse_all(std::string const& account, Problem const& problem);
    void finish(Query& query, Found found);

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Provider& provider_;
    LookUpOptions options_;
    std::function<bool(std::string const&)> is_taken_;
    std::list<Query*> queries_;
    std::set<std::string> taken_;
    std::multiset<std::string> unnamed_;
    Gate wake_;
    std::map<std::string, Turn> turns_; ///< By account.
    Duration ahead_{};                  ///< How far the service's clock is ahead of ours.
};

} // namespace darkroom::engine
