// Decides what became of lost requests, by a listing of the service's tasks: the rule of the proof
// of absence. Pure: values in, values out. What is proof and what is not: docs/operating.md.
#pragma once

#include "runner/engine/doubt.hpp"
#include "runner/engine/listing.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::engine {

/// An attempt that was wholly sent, without an id and without a last word of the service.
struct LostRequest {
    Digest step{};
    RequestMarks marks;
    std::string key;  ///< See key_of().
    std::string kind; ///< See kind_of_request().
    std::string tag;  ///< See Submission::tag.
    std::string account;
    std::string identity; ///< As in Submitted; "": sent by version 0.1.
    SendOrder order;
    WallTime sent_at{};                        ///< A time of our clock.
    std::optional<Milliseconds> service_ahead; ///< The service's clock minus that one.
    /// When it was answered without an id, or its record was found; the start of time: neither.
    WallTime answered_at{};
    bool may_wait = false; ///< It may wait in a queue: it counts as sent later than it was.
};

/// A request in flight whose task has no name yet.
struct UnnamedRequest {
    std::string key; ///< See key_of().
    WallTime sent_at{};
};

/// One lost request that a listing is searched for.
struct Search {
    LostRequest const* lost = nullptr; ///< Never null.
    bool is_settled = false;    ///< Enough time had passed to conclude absence when the walk began.
    bool is_total_over = false; ///< `timeouts.total` had passed since the sending.
    bool is_hour_over = false;  ///< An hour had.
    WallTime settled_at = WallTime::max(); ///< When that time had passed, by our clock.
};

/// Everything else that is known when a listing is searched.
struct SearchContext {
    /// Any attempt of any step names this task.
    std::function<bool(std::string const& task_id)> has_owner;
    std::vector<UnnamedRequest> unnamed;
    /// Requests that were answered without an id: the nearest equal tasks are theirs.
    std::vector<LostRequest> answered;
    /// Requests for which a record was found earlier. It may be that of an equal request.
    std::vector<Search> found;
    /// Those in `found` that are equal requests of other runs.
    std::deque<LostRequest> of_others = {};
    bool others_are_lost = false; ///< Any requests of other runs on the account are.
    std::string identity;         ///< Whose listing it is.
    WallTime began{};             ///< When the walk began, by our clock.
    Milliseconds ahead{};         ///< The service's clock minus ours, by its Date header.
    Milliseconds settle{};        ///< `retry.settle`.
    Milliseconds total{};         ///< `timeouts.total`.
    bool is_own_service = false;  ///< The built-in one: it shows at once all that it has taken.
};

/// The result for one search.
struct Conclusion {
    enum class What {
        found,     ///< `record`, which is claimed for this search.
        absent,    ///< The service never took the request.
        undecided, ///< `doubt` says why; read the listing again later.
    } what = What::undecided;
    TaskRecord const* record = nullptr; ///< Into the listing.
    Doubt doubt = Doubt::none;
    bool needs_end = false; ///< With undecided: the rest of the list may tell.
};

/// Returns whether a walk has read back past the time of a request, or to the end. `ahead`: the
/// service's clock minus ours, where the request does not say; `now`: when the walk began.
bool has_passed(LostRequest const& lost, Listing const& listing, Milliseconds ahead, WallTime now);

struct Findings {
    std::vector<Conclusion> searches; ///< In their order.
    /// The tasks of the requests that were answered without an id, in their order. Null: not shown,
    /// or the walk has not passed the request, whose own task may be on the next page.
    std::vector<TaskRecord const*> answered;
};

/// Returns the findings of searches that are all of one account. No record is found twice. A search
/// whose time the walk has not passed yet is undecided.
Findings conclude(Listing const& listing, std::vector<Search> const& searches,
                  SearchContext const& context);

} // namespace darkroom::engine
