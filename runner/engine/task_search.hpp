// Which task of the service's listing belongs to a lost request. Pure: values in, values out.
#pragma once

#include "runner/engine/ports.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace darkroom::engine {

/// A request that left and has no task id.
struct LostRequest {
    std::string request; ///< canonical_body() of what was sent.
    WallTime submitted_at{};
    std::string account;
    std::string endpoint; ///< Where it was sent.
};

/// The service's records of one account, newest first, as far as they were read.
struct Listing {
    std::vector<TaskRecord> records;
    bool is_complete = false; ///< It reaches back past the oldest of the lost requests.
    std::chrono::milliseconds service_ahead{}; ///< The service's clock minus ours.
};

/// The tasks and requests that other steps claim.
struct Claims {
    std::function<bool(std::string const& task_id)> has_owner; ///< It belongs to a step.
    /// Requests in flight whose tasks have no name yet: an equal task may be that one's.
    std::multiset<std::string> unnamed;
};

/// The relation of a record to a lost request.
enum class Relation {
    ours,
    perhaps_ours,  ///< Ours only if nothing better has come in the time to settle.
    someone_elses, ///< Never ours.
};
Relation relation_of(TaskRecord const& record, LostRequest const& lost, Listing const& listing,
                     Claims const& claims);

/// One lost request that a listing is searched for.
struct Search {
    LostRequest lost;
    bool is_settled = false; ///< The service has had time to show the task.
};

/// The result for one search.
struct Conclusion {
    enum class What {
        found,     ///< `record`, which is claimed for this search.
        absent,    ///< The service has no such task.
        undecided, ///< Read the listing again later.
    } what = What::undecided;
    TaskRecord const* record = nullptr; ///< Into the listing.
};

/// Returns the conclusions in the order of `searches`. No record is found twice: the latest request
/// chooses first, since the fewest tasks can belong to it, and each takes the oldest that fits.
std::vector<Conclusion> conclude(Listing const& listing, std::vector<Search> const& searches,
                                 Claims claims);

/// Returns the earliest time by the service's clock at which the lost request's task can have been
/// created.
WallTime earliest_creation(WallTime submitted_at, std::chrono::milliseconds service_ahead);

/// Returns true when the pages after this one hold no task created at `since` or later. A page that
/// is not sorted newest first, or has no times, proves nothing.
bool is_last_needed(std::vector<TaskRecord> const& page, WallTime since);

} // namespace darkroom::engine
