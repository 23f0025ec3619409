#include "runner/engine/task_search.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// The Date header has whole seconds, and clocks drift.
constexpr auto clock_margin = 5s;
/// Our clock may have been set since the request was sent. A task of the same text that nobody has
/// is then taken for ours, if no better one has come in the time to settle.
constexpr auto clock_set_margin = 2min;

bool has_failed(TaskRecord const& record) {
    return record.outcome && std::holds_alternative<Problem>(*record.outcome);
}

/// A record without an endpoint may be of any: then its body has to be enough.
bool asks_the_same(TaskRecord const& record, LostRequest const& lost) {
    bool const there =
        record.endpoint.empty() || lost.endpoint.empty() || record.endpoint == lost.endpoint;
    return there && record.request == lost.request;
}

bool is_early(TaskRecord const& record, LostRequest const& lost, Listing const& listing) {
    return record.created_at < lost.submitted_at + listing.service_ahead - clock_margin;
}

/// Chooses among the records that are perhaps ours: one that fits the time, then one that has not
/// failed, then the oldest.
auto preference(TaskRecord const& record, LostRequest const& lost, Listing const& listing) {
    return std::tuple(is_early(record, lost, listing), has_failed(record), record.created_at);
}

TaskRecord const* best_of(Listing const& listing, Search const& search, Claims const& claims) {
    if (claims.unnamed.contains(search.lost.request)) return nullptr;
    TaskRecord const* best = nullptr;
    for (auto const& record : listing.records) {
        auto const relation = relation_of(record, search.lost, listing, claims);
        bool const fits =
            relation == Relation::ours || (relation == Relation::perhaps_ours && search.is_settled);
        if (!fits) continue;
        bool const better = best == nullptr || preference(record, search.lost, listing) <
                                                   preference(*best, search.lost, listing);
        if (better) best = &record;
    }
    return best;
}

/// Absence is only certain when the whole listing was read after the time to settle, and when no
/// equal request is about to claim, or to leave, a task of the same text.
bool is_absent(Listing const& listing, Search const& search, Claims const& claims) {
    bool const contested = claims.unnamed.contains(search.lost.request);
    return search.is_settled && listing.is_complete && !contested;
}

std::vector<std::size_t> latest_first(std::vector<Search> const& searches) {
    std::vector<std::size_t> order(searches.size());
    std::iota(order.begin(), order.end(), std::size_t());
    std::stable_sort(order.begin(), order.end(), [&searches](std::size_t a, std::size_t b) {
        return searches[a].lost.submitted_at > searches[b].lost.submitted_at;
    });
    return order;
}

} // namespace

Relation relation_of(TaskRecord const& record, LostRequest const& lost, Listing const& listing,
                     Claims const& claims) {
    if (!asks_the_same(record, lost)) return Relation::someone_elses;
    if (record.created_at < earliest_creation(lost.submitted_at, listing.service_ahead))
        return Relation::someone_elses;
    if (claims.has_owner && claims.has_owner(record.task_id)) return Relation::someone_elses;
    bool const contested = claims.unnamed.contains(lost.request);
    bool const doubtful = contested || has_failed(record) || is_early(record, lost, listing);
    return doubtful ? Relation::perhaps_ours : Relation::ours;
}

std::vector<Conclusion> conclude(Listing const& listing, std::vector<Search> const& searches,
                                 Claims claims) {
    std::set<std::string> found;
    claims.has_owner = [&found, by_others = std::move(claims.has_owner)](std::string const& id) {
        return found.contains(id) || (by_others && by_others(id));
    };
    std::vector<Conclusion> conclusions(searches.size());
    for (auto const i : latest_first(searches)) {
        auto& conclusion = conclusions[i];
        conclusion.record = best_of(listing, searches[i], claims);
        if (conclusion.record != nullptr) {
            conclusion.what = Conclusion::What::found;
            found.insert(conclusion.record->task_id);
        } else if (is_absent(listing, searches[i], claims)) {
            conclusion.what = Conclusion::What::absent;
        }
    }
    return conclusions;
}

WallTime earliest_creation(WallTime submitted_at, std::chrono::milliseconds service_ahead) {
    return submitted_at + service_ahead - clock_set_margin;
}

bool is_last_needed(std::vector<TaskRecord> const& page, WallTime since) {
    if (page.empty()) return true;
    auto const last = page.back().created_at;
    bool const newest_first =
        std::is_sorted(page.begin(), page.end(), [](TaskRecord const& a, TaskRecord const& b) {
            return a.created_at > b.created_at;
        });
    return newest_first && last != WallTime() && last < since;
}

} // namespace darkroom::engine
