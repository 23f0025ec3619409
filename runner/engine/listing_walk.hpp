// The walks through the service's listing of one account, for all its lost requests. Pure: time is
// an argument.
#pragma once

#include "runner/engine/task_waiter.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace darkroom::engine {

constexpr Duration usual_walk_max = std::chrono::seconds(30);
constexpr Duration closing_max = std::chrono::seconds(10); ///< Reads the top once more, after that.

/// Reads from the newest record back, as far as its searches need.
struct ListingWalk {
    Listing listing;
    Time since{};                     ///< When it began.
    WallTime began{};                 ///< The same by our calendar.
    std::set<std::uint64_t> passed{}; ///< The searches that it has passed, by their arrival.
    /// Those of which only the rest of the list may tell: it has not passed them before its end.
    std::set<std::uint64_t> needs_end{};

    /// Notes which searches need the end of the list. `conclusions`: in the order of the searches.
    void note(std::vector<TaskWaiter*> const& searches, std::vector<Conclusion> const& conclusions);
};

/// Returns the search for a lost request. `since`: when it began; `age`: how long before the walk
/// the request was sent.
Search search_of(LostRequest const& lost, Time since, Duration age, ListingWalk const& walk,
                 SearchContext const& context);

/// Begins, continues and ends walks. A usual walk is for all searches that it reaches in half a
/// minute. Those that are too old for that get deep ones, of five minutes, one an hour.
class AccountWalks {
public:
    enum class Depth { usual, deep };
    /// `waiters` outlives the walks.
    explicit AccountWalks(WaiterQueue const& waiters) : waiters_(waiters) {}

    /// Returns when the next page is due; Time::max(): nobody searches.
    Time next() const;
    /// Chooses the walk that asks now: both take turns.
    Depth choose(Time now);
    /// Returns the walk; begins one with `make` when none is under way.
    ListingWalk& walk(Depth depth, std::function<ListingWalk()> const& make);
    /// Returns whether there is more to conclude than before the last page: the walk has passed one
    /// more search, or is over. Conclusions cost as much as the walk is long.
    bool tells_more(Depth depth, Time now, Milliseconds ahead);
    /// Ends the walk if all that it can give is read; before that, the top of the list is read once
    /// more. `ahead`: see engine::has_passed().
    void end_if_over(Depth depth, Time now, Milliseconds ahead);
    /// Ends it without a result.
    void abandon(Depth depth, Time now);

    /// Returns how many records a page is asked for: as many as are seen to be given.
    int limit() const { return limit_; }
    /// Returns where the next pages of a listing begin, to be asked for at once. Several, if the
    /// last ones were full, and questions are as quick as `pace`, the time between two of them:
    /// each page begins above the end of the one before.
    std::vector<int> next_offsets(Listing const& listing, Duration pace) const;
    /// Takes the answers to questions that were asked at once, up to the first that brings no more.
    /// Returns whether that was a page too large to be read: then fewer records are asked for.
    bool take_pages(Depth depth, std::vector<LookedUp> answers, std::vector<int> const& offsets,
                    Time now);

    /// Lets the next usual walk begin soon, or at once.
    void begin_by(Time when) { next_begin_.at(0) = std::min(next_begin_.at(0), when); }
    void hurry() { next_begin_.at(0) = Time(); }
    /// When the last usual walk that has ended had begun; Time::min() before the first.
    Time last_ended() const { return last_ended_; }

private:
    static std::size_t index(Depth depth) { return static_cast<std::size_t>(depth); }
    bool has_searches(Depth depth) const;
    Time next_of(Depth depth) const;
    Duration rest_after(Depth depth, Time now, Duration taken) const;
    static bool has_reached(ListingWalk const& walk, TaskWaiter const& waiter, Milliseconds ahead);
    bool has_passed(Depth depth, TaskWaiter const& waiter, Milliseconds ahead) const;
    static bool is_for(Depth depth, TaskWaiter const& waiter);
    bool is_cut_off(Depth depth, Time now) const;
    bool closes(Depth depth, Time now);
    bool take_page(Depth depth, TaskPage page, int offset);
    void note_size(std::size_t given);
    void on_page_too_large(Depth depth, Time now);

    WaiterQueue const& waiters_;
    std::array<std::optional<ListingWalk>, 2> walks_;
    std::array<Time, 2> next_begin_{};
    Depth last_asked_ = Depth::deep;
    Time last_ended_ = Time::min();
    int limit_ = 50;
    int limit_max_ = 1000;
    int page_size_ = 0;           ///< The records of the largest page.
    bool is_growing_ = true;      ///< Larger pages may be given.
    std::size_t at_once_ = 1;     ///< Pages.
    std::size_t at_once_max_ = 4; ///< Each may be as large as a body may be.
};

} // namespace darkroom::engine
