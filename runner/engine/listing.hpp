// The service's records of one account, as one walk reads them page by page. Pure.
#pragma once

#include "runner/engine/listing_closing.hpp"
#include "runner/engine/task_book.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace darkroom::engine {

using Milliseconds = std::chrono::milliseconds;

/// The memory for what one walk keeps of its records: 30,000 usual ones and more.
inline constexpr std::size_t listing_bytes_max = 64u << 20;

/// The records' clock minus ours, for tasks that were sent at about the same time.
struct RecordsClock {
    Milliseconds low{};  ///< The least that was seen.
    Milliseconds high{}; ///< The most that was seen.
    Milliseconds margin{};
};

/// When a request was sent.
struct Sending {
    SendOrder order;
    WallTime at{}; ///< A time of our clock, as it was set then.
};

/// Reads from the newest record back. Records may come at any time, so that the same ones move to
/// higher offsets between two pages; and one server may show fewer of them than another. So each
/// page begins above the end of the one before, and is taken only if it shows a record of an
/// earlier page: else there may be others between them.
///
/// What moves to the top meanwhile is on none of these pages, so that more than one of them prove
/// nothing before the top was read once more; see ListClosing.
///
/// Once it is full it takes no more records. It still says what it has read until then, and no
/// longer that it has read all.
class Listing {
public:
    /// `book` outlives the listing. `is_known`: a step of the journal names this task; asked for
    /// tasks that are not in the book.
    Listing(TaskBook const& book, std::function<bool(std::string const&)> is_known)
        : book_(book), is_known_(std::move(is_known)),
          last_order_(book.by_order().empty() ? 0 : book.by_order().rbegin()->first) {}

    void add(std::vector<TaskRecord> page, int offset);
    /// Returns how many records of a page of this size are read again with the next one.
    static int overlap_of(int page) { return std::max(1, page / 8); }
    /// Returns where the next page of up to `limit` records begins.
    int next_offset(int limit) const;
    /// Returns whether the next page should be the last one, and show nothing more.
    bool is_at_end() const { return ends_with_last_; }
    /// Returns whether there is no more to read: it is whole, or page after page has brought
    /// nothing more, and it is closed if it can be.
    bool has_ended() const { return is_at_bottom() && !is_full() && !is_closing(); }
    /// Returns how many records of its first page are of a time after one and up to another.
    std::ptrdiff_t count_on_top(WallTime after, WallTime until) const;
    /// Returns whether all was read, down to the last record: a page that had room for more ended
    /// with it, and the next, which should have begun behind it, showed nothing but what has moved
    /// there.
    bool is_whole() const { return is_whole_ && !is_full() && is_closed(); }

    /// Lets the next page be one of the top, if that is needed and was not done before. A listing
    /// that reads to the end does so by itself. Returns whether the next page is one of the top.
    bool close();
    bool is_closing() const { return closing_.is_under_way(); }
    /// Returns whether the top was read once more, with whatever result.
    bool has_read_top() const { return closing_.has_begun() && !is_closing(); }
    /// Returns whether no record can have moved to the top unseen.
    bool is_closed() const { return closing_.is_good() || !needs_closing(); }
    /// Returns whether the top shows that some may have.
    bool has_moved() const { return closing_.has_failed() && needs_closing(); }
    /// Returns whether no record can have changed its place unseen from one page to another.
    bool is_steady() const { return is_ordered_ || pages_ <= 1; }
    /// Returns whether all times are readable, and none stands more than a minute out of its order.
    bool is_ordered() const { return is_ordered_; }
    bool is_full() const { return bytes_ > listing_bytes_max; }
    /// Returns whether it reaches back to a time of the records' clock.
    bool reaches(WallTime then) const;
    /// The oldest time that was read; WallTime::max() when none was.
    WallTime oldest() const { return oldest_; }
    std::size_t size() const { return positions_.size() + unnamed_; }
    /// Returns how many records the service has at least: those that were read, and those that have
    /// come meanwhile.
    std::size_t length() const {
        return std::max(size(), static_cast<std::size_t>(end_ + arrived_));
    }

    /// The records of tasks that no step had when they were read.
    std::vector<TaskRecord> const& strangers() const { return strangers_; }
    bool shows(std::string const& task_id) const { return positions_.contains(task_id); }
    /// Returns whether any record may be of this kind; see kind_of_request().
    bool shows_kind(std::string const& kind) const;
    /// The known tasks that it shows, by their order; those without one are left out.
    std::map<std::uint64_t, TaskBook::ById::value_type const*> const& known() const {
        return known_;
    }
    /// Returns what the known tasks of an endpoint prove about its records.
    TrustedMarks const& trusted(std::string const& endpoint) const;
    /// Returns whether any known task's record has a request that can be read.
    bool shows_requests() const { return shows_requests_; }
    /// Known tasks that are called failed by us, and whose records say they succeeded.
    std::vector<TaskRecord> take_late_successes() { return std::exchange(late_, {}); }

    TaskBook const& book() const { return book_; }
    /// Returns the clock for all known tasks together.
    RecordsClock clock(Milliseconds ahead) const;
    /// Returns the clock for one request. `ahead`: by the Date header, for when no known task
    /// tells. `now`: by our clock as it is set today.
    RecordsClock clock_for(Sending const& sent, Milliseconds ahead, WallTime now) const;

private:
    static constexpr auto none = WallTime::max();
    static constexpr int barren_max = 3; ///< In a row.
    static constexpr int idle_max = 20;  ///< In a row: arrivals never outrun a walk for so long.

    /// Returns whether all was read, or page after page has brought nothing more.
    bool is_at_bottom() const {
        return is_whole_ || barren_pages_ >= barren_max || idle_pages_ >= idle_max;
    }
    /// A walk of one page that still stands where it stood has missed nothing.
    bool needs_closing() const { return pages_ > 1 || arrived_ > 0; }
    ListClosing::Kind kind_of(TaskRecord const& record) const;
    void take_top(std::vector<TaskRecord> page, int offset);

    bool is_between_known(Sending const& sent, WallTime now) const;

    bool joins(std::vector<TaskRecord> const& page) const;
    void check_order(std::vector<TaskRecord> const& page, int offset);
    void take_page(std::vector<TaskRecord> page, int offset);
    void pass_over(std::vector<TaskRecord> const& page, int offset);
    void note_arrivals(std::vector<TaskRecord> const& page, int offset);
    void choose_overlap(std::vector<TaskRecord> const& page);
    void take(TaskRecord record, int place);
    void take_known(TaskRecord& record, TaskBook::ById::value_type const& task);
    void note_time(WallTime created_at);
    void note_kind(std::string kind);
    void keep(TaskRecord record);

    TaskBook const& book_;
    std::function<bool(std::string const&)> is_known_;
    std::uint64_t last_order_; ///< The last known task when the walk began.
    ListClosing closing_;
    ListPlaces positions_;    ///< As when the walk began.
    std::size_t unnamed_ = 0; ///< Records without an id.
    /// Those, by what can be read of them: pages repeat some.
    std::set<std::pair<WallTime, std::optional<std::string>>> unnamed_seen_;
    int end_ = 0;                 ///< The first position that was not read.
    int arrived_ = 0;             ///< Records that are newer than the walk.
    int overlap_ = 0;             ///< Records that the next page repeats.
    bool is_loose_ = false;       ///< It repeats hardly any of those with one time.
    int pages_ = 0;               ///< Those that have brought more.
    int barren_pages_ = 0;        ///< Brought nothing, in a row.
    int idle_pages_ = 0;          ///< The same, arrivals counted as nothing.
    bool was_short_ = false;      ///< The last page had room for more.
    bool may_be_short_ = false;   ///< A short page is no end of this list.
    std::size_t page_max_ = 0;    ///< The records of the longest page.
    bool ends_with_last_ = false; ///< The last page had room for more, and ended with the last.
    bool is_whole_ = false;
    bool is_ordered_ = true;
    WallTime newest_ = none;          ///< At the top of the first page.
    WallTime latest_ = WallTime();    ///< The latest time on it.
    std::vector<WallTime> top_times_; ///< All times on it.
    WallTime oldest_ = none;
    std::size_t bytes_ = 0; ///< The memory of all that grows with each record.
    std::vector<TaskRecord> strangers_;
    std::map<std::uint64_t, TaskBook::ById::value_type const*> known_;
    std::map<std::uint64_t, Milliseconds> offsets_; ///< Records' time minus ours, by order.
    Milliseconds least_ = Milliseconds::max();
    Milliseconds most_ = Milliseconds::min();
    std::unordered_set<std::string> kinds_;
    std::map<std::string, TrustedMarks, std::less<>> trusted_;
    std::vector<TaskRecord> late_;
    bool shows_requests_ = false;
    bool has_swapped_ = false; ///< Known tasks stand far out of their order.
};

} // namespace darkroom::engine
