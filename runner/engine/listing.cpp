#include "runner/engine/listing.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t neighbours = 3;     ///< On each side of a request, to set the records' clock.
constexpr std::size_t clock_is_set = 100; ///< Known tasks.
constexpr auto usual_margin = 15min;
constexpr auto margin_of_set_clock = 1min;
constexpr auto blind_margin = 24h;
constexpr auto swapped_min = 5min;
constexpr auto small_swap = 1min; ///< Records may stand so far out of their order.
constexpr auto shown_late = 5s;   ///< A service may list a record so long after its time.

bool has_succeeded(TaskRecord const& record) {
    return record.outcome && std::holds_alternative<Answer>(*record.outcome);
}

/// Returns the memory of a text besides the object itself.
std::size_t heap_of(std::string const& text) {
    static auto const inside = std::string().capacity();
    return text.capacity() > inside ? text.capacity() + 1 : 0;
}

std::size_t heap_of(std::optional<std::string> const& text) { return text ? heap_of(*text) : 0; }

std::size_t heap_of(std::vector<std::string> const& texts) {
    auto bytes = texts.capacity() * sizeof(std::string);
    for (auto const& text : texts) bytes += heap_of(text);
    return bytes;
}

template <class... Parts>
std::size_t heap_of_all(Parts const&... parts) {
    return (heap_of(parts) + ...);
}

std::size_t heap_of(Answer const& answer) {
    return heap_of_all(answer.task_id, answer.trace_id, answer.image_id, answer.url, answer.actions,
                       answer.sub_urls, answer.text);
}

std::size_t heap_of(Problem const& problem) {
    return heap_of_all(problem.code, problem.message, problem.task_id, problem.trace_id);
}

std::size_t bytes_of(TaskRecord const& record) {
    auto const& marks = record.marks;
    auto const of_marks = heap_of_all(marks.endpoint, marks.action, marks.mode, marks.image_id,
                                      marks.input, marks.prompt);
    auto const of_outcome = [](auto const& outcome) { return heap_of(outcome); };
    auto const outcome = record.outcome ? std::visit(of_outcome, *record.outcome) : 0;
    auto const texts = heap_of_all(record.task_id, record.tag, record.request, record.endpoint);
    return sizeof(TaskRecord) + of_marks + outcome + texts;
}

constexpr std::size_t node_bytes = 80; ///< An entry of a map of texts, without its text.

} // namespace

void Listing::add(std::vector<TaskRecord> page, int offset) {
    if (is_closing()) return take_top(std::move(page), offset);
    is_whole_ = page.empty() && ends_with_last_ && offset <= end_ + arrived_;
    page_max_ = std::max(page_max_, page.size());
    if (page.empty()) {
        ends_with_last_ = ends_with_last_ || end_ == 0;
        ++barren_pages_;
    } else if (end_ > 0 && !joins(page)) {
        ends_with_last_ = false;
        pass_over(page, offset);
    } else {
        take_page(std::move(page), offset);
    }
    if (is_at_bottom()) close();
}

bool Listing::close() {
    if (needs_closing() && !is_full() && !closing_.has_begun()) closing_.begin(arrived_);
    return is_closing();
}

/// Records that the walk has missed are read now. They have no place below the others.
void Listing::take_top(std::vector<TaskRecord> page, int offset) {
    closing_.add(page, offset, positions_, [this](auto const& record) { return kind_of(record); });
    for (auto& record : page) {
        if (kind_of(record) != ListClosing::Kind::read) take(std::move(record), -1);
    }
    if (is_full()) closing_.fail();
}

/// A known task that was sent after all those that were known when the walk began is newer than it.
ListClosing::Kind Listing::kind_of(TaskRecord const& record) const {
    using Kind = ListClosing::Kind;
    bool const was_read = record.task_id.empty()
                              ? unnamed_seen_.contains({record.created_at, record.marks.prompt})
                              : positions_.contains(record.task_id);
    if (was_read) return Kind::read;
    bool const is_later = latest_ != WallTime() && record.created_at + shown_late >= latest_;
    auto const* booked = book_.find(record.task_id);
    bool const is_sent_later = booked != nullptr && booked->order > last_order_;
    return is_later || is_sent_later ? Kind::newer : Kind::neither;
}

/// A page that shows only what was read before brings nothing more, unless it shows that so much
/// has arrived meanwhile.
void Listing::take_page(std::vector<TaskRecord> page, int offset) {
    if (end_ == 0 && page.front().created_at != WallTime()) newest_ = page.front().created_at;
    if (end_ == 0) {
        for (auto const& record : page) top_times_.push_back(record.created_at);
        latest_ = *std::max_element(top_times_.begin(), top_times_.end());
        bytes_ += top_times_.capacity() * sizeof(WallTime);
    }
    auto const before = size();
    int const arrived_before = arrived_;
    check_order(page, offset);
    note_arrivals(page, offset);
    // Of a list of one record each page is as long as the longest.
    bool const is_short = page.size() < page_max_ || (page_max_ == 1 && arrived_ == 0);
    bool const was_loose = is_loose_;
    choose_overlap(page);
    int place = offset - arrived_;
    bool const begins_below_top = place > 0;
    for (auto& record : page) take(std::move(record), place++);
    bool const ends_above = place < end_;
    bool const brings_more = size() > before;
    if (was_loose && brings_more) is_ordered_ = false;
    pages_ += brings_more ? 1 : 0;
    may_be_short_ = may_be_short_ || (brings_more && was_short_);
    was_short_ = is_short;
    bool const is_end = !brings_more && !ends_above && is_short;
    is_whole_ = is_end && ends_with_last_ && begins_below_top && !may_be_short_;
    ends_with_last_ = is_end;
    bool const is_barren = !brings_more && !(ends_above && arrived_ > arrived_before);
    barren_pages_ = is_barren ? barren_pages_ + 1 : 0;
    idle_pages_ = brings_more ? 0 : idle_pages_ + 1;
}

/// Records of one time may stand in another order in each answer. So all at the end of a page are
/// read again, with the one above them. If a page is too short for that, it has to show enough of
/// them to see whether they have changed their places.
void Listing::choose_overlap(std::vector<TaskRecord> const& page) {
    constexpr int telling = 4;
    auto const last = page.back().created_at;
    auto const other = std::find_if(page.rbegin(), page.rend(), [last](TaskRecord const& record) {
        return record.created_at != last;
    });
    int const size = static_cast<int>(page.size());
    int const equal = static_cast<int>(other - page.rbegin());
    bool const is_tie = last != WallTime() && equal > 1;
    overlap_ = overlap_of(size);
    if (is_tie) overlap_ = std::max(overlap_, std::min(equal + 1, size / 2));
    is_loose_ = is_tie && overlap_ <= std::min(equal, telling);
}

/// Records that were read before have all moved by the same number of places, and what stands above
/// one of them and was not read has come since. Else the list is in no order that can be relied on.
void Listing::check_order(std::vector<TaskRecord> const& page, int offset) {
    std::optional<int> shift;
    bool is_new_above = false;
    for (std::size_t i = 0; i < page.size(); ++i) {
        auto const seen = positions_.find(page[i].task_id);
        if (seen == positions_.end()) {
            bool const is_arrival = newest_ != none && page[i].created_at > newest_;
            is_new_above = is_new_above || (!is_arrival && !page[i].task_id.empty());
            continue;
        }
        int const moved = offset + static_cast<int>(i) - seen->second.at;
        if (is_new_above || moved != shift.value_or(moved)) is_ordered_ = false;
        shift = moved;
    }
}

/// A page of nothing but arrivals says how far the others have moved. Before any other there may be
/// records that were not read: the next page begins higher up.
void Listing::pass_over(std::vector<TaskRecord> const& page, int offset) {
    bool const are_arrivals = newest_ != none && is_ordered_ &&
                              std::all_of(page.begin(), page.end(), [this](auto const& record) {
                                  return record.created_at > newest_;
                              });
    if (are_arrivals) {
        arrived_ = std::max(arrived_, offset + static_cast<int>(page.size()));
        barren_pages_ = 0;
    } else {
        overlap_ = end_;
        ++barren_pages_;
    }
}

bool Listing::joins(std::vector<TaskRecord> const& page) const {
    return std::any_of(page.begin(), page.end(), [this](TaskRecord const& record) {
        return positions_.contains(record.task_id);
    });
}

/// Half of a page at most is read again.
int Listing::next_offset(int limit) const {
    if (is_closing()) return closing_.next_offset(limit);
    int const behind = end_ + arrived_;
    return ends_with_last_ ? behind : std::max(0, behind - std::min(overlap_, limit / 2));
}

/// A record that was seen before stands lower now; one that is newer than the top of the first page
/// came since.
void Listing::note_arrivals(std::vector<TaskRecord> const& page, int offset) {
    for (std::size_t i = 0; i < page.size(); ++i) {
        auto const place = offset + static_cast<int>(i);
        auto const seen = positions_.find(page[i].task_id);
        if (seen != positions_.end())
            arrived_ = std::max(arrived_, place - seen->second.at);
        else if (end_ > 0 && newest_ != none && page[i].created_at > newest_)
            arrived_ = std::max(arrived_, place + 1);
    }
}

void Listing::take(TaskRecord record, int place) {
    if (is_full()) return;
    bool const was_read = place >= 0 && place < end_;
    end_ = std::max(end_, place + 1);
    if (record.task_id.empty()) {
        auto const key = std::pair(record.created_at, record.marks.prompt);
        bool const is_new = unnamed_seen_.insert(key).second;
        if (was_read && !is_new) return; // places are not certain: in doubt it is kept
        if (is_new) bytes_ += node_bytes + heap_of(record.marks.prompt);
        ++unnamed_;
        if (!closing_.has_begun()) note_time(record.created_at);
        keep(std::move(record));
        return;
    }
    ListPlace const stands{place, record.outcome.has_value()};
    if (!positions_.emplace(record.task_id, stands).second) return;
    bytes_ += node_bytes + heap_of(record.task_id);
    bool const tells_order = !closing_.has_begun();
    bool const is_below_top = place >= 0 || record.created_at <= newest_;
    if (tells_order && is_below_top) note_time(record.created_at);
    auto const* booked = book_.find(record.task_id);
    note_kind(booked ? std::string(booked->kind) : kind_of_request(record.marks));
    if (booked != nullptr) {
        auto const at = book_.by_order().find(booked->order);
        if (booked->has_failed && has_succeeded(record)) late_.push_back(record);
        if (at != book_.by_order().end()) take_known(record, *at->second);
        return;
    }
    if (!is_known_(record.task_id)) keep(std::move(record));
}

void Listing::note_kind(std::string kind) {
    auto const [at, is_new] = kinds_.insert(std::move(kind));
    if (is_new) bytes_ += node_bytes + heap_of(*at);
}

/// Keeps a record of a task that nobody has.
void Listing::keep(TaskRecord record) {
    auto* answer = record.outcome ? std::get_if<Answer>(&*record.outcome) : nullptr;
    if (answer != nullptr) answer->actions.shrink_to_fit();
    bytes_ += bytes_of(record);
    strangers_.push_back(std::move(record));
}

std::ptrdiff_t Listing::count_on_top(WallTime after, WallTime until) const {
    return std::count_if(top_times_.begin(), top_times_.end(),
                         [&](WallTime time) { return time > after && time <= until; });
}

bool Listing::reaches(WallTime then) const {
    return is_ordered_ && oldest_ != none && oldest_ + small_swap < then;
}

/// Unless the records come from the newest to the oldest, no time says how far back they reach.
void Listing::note_time(WallTime created_at) {
    bool const is_later = oldest_ != none && created_at > oldest_ + small_swap;
    if (created_at == WallTime() || is_later) is_ordered_ = false;
    if (created_at == WallTime()) return;
    oldest_ = std::min(oldest_, created_at);
}

void Listing::take_known(TaskRecord& record, TaskBook::ById::value_type const& task) {
    auto const& booked = task.second;
    known_.emplace(booked.order, &task);
    shows_requests_ = shows_requests_ || record.marks.has_request;
    auto const endpoint = booked.kind.substr(0, booked.kind.find('\n'));
    trusted_[std::string(endpoint)].learn(booked.marks, record.marks);
    bytes_ += node_bytes; // of its prompt
    if (record.created_at == WallTime()) return;
    least_ = std::min(least_, record.created_at - booked.sent_at);
    most_ = std::max(most_, record.created_at - booked.sent_at);
    auto const at = offsets_.emplace(booked.order, record.created_at - booked.sent_at).first;
    // Read from the newest back, so that the one that was sent next is there already.
    auto const next = std::next(at);
    if (next == offsets_.end()) return;
    auto const later = known_.find(next->first);
    auto const created_next = later->second->second.sent_at + next->second;
    if (record.created_at > created_next + swapped_min) has_swapped_ = true;
}

bool Listing::shows_kind(std::string const& kind) const { return kinds_.contains(kind); }

TrustedMarks const& Listing::trusted(std::string const& endpoint) const {
    static TrustedMarks const nothing;
    auto const found = trusted_.find(endpoint);
    return found == trusted_.end() ? nothing : found->second;
}

RecordsClock Listing::clock(Milliseconds ahead) const {
    if (offsets_.empty()) return {ahead, ahead, blind_margin};
    if (has_swapped_) return {std::min(ahead, least_), std::max(ahead, most_), blind_margin};
    auto const margin =
        offsets_.size() < clock_is_set ? usual_margin : margin_of_set_clock + 2 * (most_ - least_);
    return {least_, most_, margin};
}

/// Our clock may have been wrong when the request was sent, and may have been mended since. It was
/// right if the known tasks that were sent before and after stand before and after by it as well.
bool Listing::is_between_known(Sending const& sent, WallTime now) const {
    auto const before = known_.lower_bound(sent.order.first);
    if (before == known_.begin()) return false;
    auto const after = known_.upper_bound(sent.order.last);
    auto const earliest = std::prev(before)->second->second.sent_at;
    auto const latest = after == known_.end() ? now : after->second->second.sent_at;
    return earliest <= sent.at + small_swap && sent.at <= latest + small_swap;
}

RecordsClock Listing::clock_for(Sending const& sent, Milliseconds ahead, WallTime now) const {
    auto clock = this->clock(ahead);
    if (offsets_.empty() || has_swapped_) return clock;
    if (!is_between_known(sent, now))
        return {std::min(ahead, least_), std::max(ahead, most_), blind_margin};
    if (sent.order.exact() == 0) { // any of them may have been sent beside it
        clock.margin = std::max<Milliseconds>(clock.margin, usual_margin);
        return clock;
    }
    auto first = offsets_.lower_bound(sent.order.first);
    auto last = first;
    for (std::size_t i = 0; i < neighbours && first != offsets_.begin(); ++i) --first;
    for (std::size_t i = 0; i < neighbours && last != offsets_.end(); ++i) ++last;
    clock.low = clock.high = first->second;
    for (auto at = first; at != last; ++at) {
        clock.low = std::min(clock.low, at->second);
        clock.high = std::max(clock.high, at->second);
    }
    return clock;
}

} // namespace darkroom::engine
