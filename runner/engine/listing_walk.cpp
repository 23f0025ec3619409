#include "runner/engine/listing_walk.hpp"

#include "runner/base/backoff.hpp"

#include <algorithm>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// The time of a walk of each depth.
constexpr std::array<Duration, 2> time_max{usual_walk_max, Duration(5min)};
constexpr Duration rest_of_deep = 1h; ///< After a deep walk.

/// The time from one usual walk to the next, by the age of the youngest search.
constexpr Backoff between_usual{5s, 1min, 1.2};
constexpr Duration rest_of_usual = 2s; ///< At least, after a long walk.

constexpr int limit_min = 2;
constexpr int limit_usual = 50;
constexpr int limit_most = 1000;
constexpr Duration quick_pace = 250ms; ///< A slower account is asked for one page at a time.

} // namespace

void ListingWalk::note(std::vector<TaskWaiter*> const& searches,
                       std::vector<Conclusion> const& conclusions) {
    for (std::size_t i = 0; i < searches.size(); ++i) {
        if (conclusions[i].needs_end) needs_end.insert(searches[i]->due.second);
    }
}

Search search_of(LostRequest const& lost, Time since, Duration age, ListingWalk const& walk,
                 SearchContext const& context) {
    Search search;
    search.lost = &lost;
    search.is_total_over = age >= context.total;
    search.is_hour_over = age >= 1h;
    bool const may_have_come = !lost.may_wait || search.is_total_over || context.is_own_service;
    search.is_settled = walk.since - since >= context.settle && may_have_come;
    auto const settled_for = walk.since - since - context.settle;
    search.settled_at = walk.began - std::chrono::floor<Milliseconds>(settled_for);
    if (lost.may_wait)
        search.settled_at = std::max(search.settled_at, lost.sent_at + context.total);
    return search;
}

bool AccountWalks::has_searches(Depth depth) const {
    auto const searches = waiters_.searches();
    return std::any_of(searches.begin(), searches.end(),
                       [depth](TaskWaiter const* waiter) { return is_for(depth, *waiter); });
}

Time AccountWalks::next_of(Depth depth) const {
    if (!has_searches(depth)) return Time::max();
    return walks_.at(index(depth)) ? Time() : next_begin_.at(index(depth));
}

Time AccountWalks::next() const {
    if (!waiters_.has_searches()) return Time::max();
    return std::min(next_of(Depth::usual), next_of(Depth::deep));
}

AccountWalks::Depth AccountWalks::choose(Time now) {
    bool const usual_due = next_of(Depth::usual) <= now;
    bool const deep_due = next_of(Depth::deep) <= now;
    bool const is_turn_of_deep = !usual_due || last_asked_ == Depth::usual;
    last_asked_ = deep_due && is_turn_of_deep ? Depth::deep : Depth::usual;
    return last_asked_;
}

ListingWalk& AccountWalks::walk(Depth depth, std::function<ListingWalk()> const& make) {
    auto& walk = walks_.at(index(depth));
    if (walk) return *walk;
    // What was too large may have moved out of the way.
    limit_ = std::max(limit_, limit_usual);
    limit_max_ = limit_most;
    walk.emplace(make());
    return *walk;
}

bool AccountWalks::has_reached(ListingWalk const& walk, TaskWaiter const& waiter,
                               Milliseconds ahead) {
    return engine::has_passed(waiter.lost, walk.listing, ahead, walk.began);
}

/// The end that a usual walk has not reached in its time is left to deep ones.
bool AccountWalks::has_passed(Depth depth, TaskWaiter const& waiter, Milliseconds ahead) const {
    auto const& walk = *walks_.at(index(depth));
    bool const is_end_far = depth == Depth::usual && waiter.is_end_far;
    bool const needs_end = walk.needs_end.contains(waiter.due.second) && !is_end_far;
    return has_reached(walk, waiter, ahead) && (!needs_end || walk.listing.has_ended());
}

bool AccountWalks::tells_more(Depth depth, Time now, Milliseconds ahead) {
    auto& walk = walks_.at(index(depth));
    if (!walk || walk->listing.is_closing()) return false;
    bool is_another_passed = false;
    bool are_all_passed = true;
    for (auto const* waiter : waiters_.searches()) {
        auto const arrival = waiter->due.second;
        if (has_passed(depth, *waiter, ahead)) {
            is_another_passed = walk->passed.insert(arrival).second || is_another_passed;
        } else {
            walk->passed.erase(arrival);
            are_all_passed = are_all_passed && !is_for(depth, *waiter);
        }
    }
    bool const is_over = are_all_passed || walk->listing.has_read_top();
    return is_another_passed || is_over || is_cut_off(depth, now);
}

/// A search that a usual walk has not passed before it was cut off is left to deep ones. Those that
/// it has reached are still looked for at the top of the list.
void AccountWalks::end_if_over(Depth depth, Time now, Milliseconds ahead) {
    auto& walk = walks_.at(index(depth));
    if (!walk) return;
    bool is_over = true;
    bool has_passed_any = false;
    for (auto* waiter : waiters_.searches()) {
        if (!is_for(depth, *waiter)) continue;
        if (has_passed(depth, *waiter, ahead)) {
            has_passed_any = true;
            continue;
        }
        is_over = false;
        if (!is_cut_off(depth, now)) continue;
        (has_reached(*walk, *waiter, ahead) ? waiter->is_end_far : waiter->is_deep) = true;
    }
    bool const goes_on = !is_over && !is_cut_off(depth, now) && !walk->listing.has_read_top();
    if (goes_on || (has_passed_any && closes(depth, now))) return;
    if (depth == Depth::usual) last_ended_ = walk->since;
    Duration const taken = now - walk->since;
    walk.reset();
    next_begin_.at(index(depth)) = now + rest_after(depth, now, taken);
}

/// Returns whether the top is to be read once more, for which there is some time.
bool AccountWalks::closes(Depth depth, Time now) {
    auto& walk = *walks_.at(index(depth));
    return walk.listing.close() && now - walk.since < time_max.at(index(depth)) + closing_max;
}

bool AccountWalks::is_for(Depth depth, TaskWaiter const& waiter) {
    return depth == Depth::deep ? waiter.is_deep || waiter.is_end_far : !waiter.is_deep;
}

/// Returns whether the walk has to end before it has passed all: by its time, or its memory.
bool AccountWalks::is_cut_off(Depth depth, Time now) const {
    auto const& walk = walks_.at(index(depth));
    if (!walk) return false;
    return walk->listing.is_full() || now - walk->since >= time_max.at(index(depth));
}

Duration AccountWalks::rest_after(Depth depth, Time now, Duration taken) const {
    if (depth == Depth::deep) return rest_of_deep;
    Time youngest = Time::min();
    for (auto const* waiter : waiters_.searches()) youngest = std::max(youngest, waiter->since);
    auto const age = youngest == Time::min() ? Duration() : now - youngest;
    return std::max(rest_of_usual, between_usual.at_age(age) - taken);
}

void AccountWalks::abandon(Depth depth, Time now) {
    walks_.at(index(depth)).reset();
    next_begin_.at(index(depth)) = now + rest_after(depth, now, Duration());
}

/// As long as larger pages are seen to be given, larger ones are asked for instead.
std::vector<int> AccountWalks::next_offsets(Listing const& listing, Duration pace) const {
    std::vector<int> offsets{listing.next_offset(limit_)};
    bool const is_one = listing.is_at_end() || listing.is_closing();
    if (is_growing_ || is_one || pace > quick_pace) return offsets;
    int const page = std::min(page_size_, limit_);
    int const step = std::max(1, page - Listing::overlap_of(page));
    while (offsets.size() < at_once_) offsets.push_back(offsets.back() + step);
    return offsets;
}

/// Where questions at once are refused, there are no more at once than were answered. One that
/// begins below the place that the page before asks for is asked again.
bool AccountWalks::take_pages(Depth depth, std::vector<LookedUp> answers,
                              std::vector<int> const& offsets, Time now) {
    std::size_t followed = 0;
    for (auto& answer : answers) {
        auto* page = std::get_if<TaskPage>(&answer);
        auto const& listing = walks_.at(index(depth))->listing;
        int const offset = offsets[followed];
        bool const is_too_low = followed > 0 && offset > listing.next_offset(limit_);
        if (page == nullptr || is_too_low || !take_page(depth, std::move(*page), offset)) break;
        ++followed;
    }
    bool const are_all = followed == answers.size();
    auto const good = std::max<std::size_t>(followed, 1);
    auto const* problem = are_all ? nullptr : std::get_if<Problem>(&answers[followed]);
    bool const is_refusal =
        problem != nullptr && (problem->verdict == Verdict::rate || problem->retry_after);
    if (is_refusal && answers.size() > 1) at_once_max_ = good;
    at_once_ = std::min(at_once_max_, are_all ? 2 * good : good);
    bool const is_too_large = problem != nullptr && problem->code == "page_too_large";
    if (is_too_large) on_page_too_large(depth, now);
    return is_too_large;
}

/// Returns whether it brings more.
bool AccountWalks::take_page(Depth depth, TaskPage page, int offset) {
    auto& listing = walks_.at(index(depth))->listing;
    auto const before = listing.size();
    note_size(page.given);
    listing.add(std::move(page.tasks), offset);
    return listing.size() > before;
}

void AccountWalks::note_size(std::size_t given) {
    page_size_ = std::max(page_size_, static_cast<int>(given));
    bool const is_honoured = given >= static_cast<std::size_t>(limit_);
    is_growing_ = is_honoured && limit_ < limit_max_;
    if (is_honoured) limit_ = std::min(limit_ * 2, limit_max_);
}

/// Pages of one record could not overlap. Where two are too large, nothing behind them can be read.
void AccountWalks::on_page_too_large(Depth depth, Time now) {
    if (limit_ <= limit_min) return abandon(depth, now);
    limit_ = std::max(limit_min, limit_ / 2);
    limit_max_ = limit_;
    page_size_ = 0;
    is_growing_ = true;
    at_once_ = 1;
}

} // namespace darkroom::engine
