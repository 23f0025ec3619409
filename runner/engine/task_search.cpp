#include "runner/engine/task_search.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// So much earlier than the sending a task may seem to have been created.
constexpr auto clocks_differ = 2min;
constexpr auto clocks_wrong = 24h; ///< So much our clock may have been off, and been set since.
constexpr auto telling_times = 2;  ///< So many records show that a list begins late.
constexpr std::size_t short_listing = 10; ///< One that ends so early is believed to be whole.

/// The relation of a record to a lost request.
enum class Relation {
    someone_elses, ///< Never ours.
    ours,          ///< It asks for the same, or has our own tag.
    left_over,     ///< Neither is certain.
};

Problem const* failure_of(TaskRecord const& record) {
    return record.outcome ? std::get_if<Problem>(&*record.outcome) : nullptr;
}

using Records = std::vector<TaskRecord const*>;

/// The part that all searches share: records that nobody has, known tasks that are not shown.
struct Evidence {
    Evidence(Listing const& the_listing, SearchContext const& the_context);

    /// Returns whether the listing lacks a task that was sent before this time of our clock.
    bool lacks_known(WallTime sent_before) const { return earliest_missing <= sent_before; }

    Listing const& listing;
    SearchContext const& context;
    Records strangers;
    WallTime earliest_missing = WallTime::max(); ///< When it was sent; max: none is missing.
};

Evidence::Evidence(Listing const& the_listing, SearchContext const& the_context)
    : listing(the_listing), context(the_context) {
    for (auto const& record : listing.strangers()) {
        bool const is_free = record.task_id.empty() || !context.has_owner(record.task_id);
        if (is_free) strangers.push_back(&record);
    }
    constexpr std::size_t older_max = 1000; // clocks may have been set: some more are looked at
    auto const clock = listing.clock(context.ahead);
    auto const since = listing.oldest() == WallTime::max()
                           ? WallTime()
                           : listing.oldest() - clock.low + clock.margin;
    auto const& known = listing.known();
    auto const& book = listing.book().by_order();
    std::size_t older = 0;
    for (auto entry = book.rbegin(); entry != book.rend() && older < older_max; ++entry) {
        auto const& task = entry->second->second;
        bool const is_before_all = known.empty() || entry->first < known.begin()->first;
        if (task.sent_at < since && is_before_all) {
            ++older;
            continue;
        }
        bool const is_missing = task.identity == context.identity && !known.contains(entry->first);
        // One that was sent in the future was sent before our clock was put back: long ago.
        bool const has_age = task.sent_at <= context.began;
        if (is_missing)
            earliest_missing = std::min(earliest_missing, has_age ? task.sent_at : WallTime());
    }
}

/// One search with what the listing says about its time.
class Case {
public:
    Case(Evidence const& evidence, Search const& search)
        : listing_(evidence.listing), evidence_(evidence), context_(evidence.context),
          search_(search), lost_(*search.lost),
          clock_(listing_.clock_for({lost_.order, lost_.sent_at},
                                    lost_.service_ahead.value_or(context_.ahead), context_.began)) {
    }

    WallTime earliest() const { return lost_.sent_at + clock_.low - clock_.margin; }
    bool is_passed() const { return listing_.has_ended() || reaches(); }
    /// Returns whether all that may be its task was read, as far as the service shows it.
    bool is_read() const { return listing_.is_whole() || (reaches() && listing_.is_closed()); }
    Relation relation(TaskRecord const& record) const;
    bool can_adopt(TaskRecord const& record) const;
    bool asks_for_more(TaskRecord const& record) const;
    bool has_same_words(TaskRecord const& record) const {
        return same_words(lost_.marks, record.marks);
    }
    /// The time between the sending and the creation of a record.
    Milliseconds distance(TaskRecord const& record) const;
    /// Returns why the listing cannot tell that the request is absent; none when it can.
    Doubt doubt() const;
    Doubt doubt_of_coming() const;
    /// Returns whether all of the list may tell more than what was read of it.
    bool needs_end() const;

private:
    bool reaches() const { return listing_.reaches(earliest()); }
    bool may_hide_newer() const { return !listing_.is_whole() && !has_late_top(); }
    bool has_late_top() const;
    bool is_in_span(TaskRecord const& record) const;
    bool may_be_of_another_zone(TaskRecord const& record) const;
    bool goes_back_far_enough() const;
    Doubt doubt_of_witnesses() const;
    bool has_witness() const;
    bool is_blocked(TaskRecord const& record) const;

    Listing const& listing_;
    Evidence const& evidence_;
    SearchContext const& context_;
    Search const& search_;
    LostRequest const& lost_;
    RecordsClock clock_;
};

/// A record without a time may be of any time.
bool Case::is_in_span(TaskRecord const& record) const {
    if (record.created_at == WallTime()) return true;
    auto const latest = lost_.sent_at + clock_.high + context_.total + clock_.margin;
    return record.created_at >= earliest() && record.created_at <= latest;
}

/// Until many known tasks have shown that all records have one clock, an equal one may be of
/// another time zone. Where times stand out of their order, so may any that does not differ.
bool Case::may_be_of_another_zone(TaskRecord const& record) const {
    constexpr auto zones_differ = 14h;
    return clock_.margin > clocks_differ && distance(record) <= zones_differ;
}

Relation Case::relation(TaskRecord const& record) const {
    if (auto const* failure = failure_of(record)) {
        // A failed task is not charged, so that it ends nothing; but a `timeout` may yet succeed.
        bool const is_last_word = failure->verdict != Verdict::unknown || search_.is_total_over;
        if (is_last_word) return Relation::someone_elses;
    }
    bool const may_be_taken = failure_of(record) == nullptr;
    bool const is_tagged = !lost_.tag.empty() && record.tag == lost_.tag;
    if (is_tagged && !record.task_id.empty())
        return may_be_taken ? Relation::ours : Relation::left_over;
    auto const& trusted = listing_.trusted(lost_.marks.endpoint.value_or(""));
    auto const likeness = compare(lost_.marks, record.marks, trusted);
    if (likeness == Likeness::differs) return Relation::someone_elses;
    if (!is_in_span(record)) {
        bool const has_reason = likeness == Likeness::agrees || !listing_.is_ordered();
        bool const is_doubtful = has_reason && may_be_of_another_zone(record);
        return is_doubtful ? Relation::left_over : Relation::someone_elses;
    }
    bool const agrees = likeness == Likeness::agrees && may_be_taken && can_adopt(record);
    return agrees ? Relation::ours : Relation::left_over;
}

bool Case::asks_for_more(TaskRecord const& record) const {
    auto const& trusted = listing_.trusted(lost_.marks.endpoint.value_or(""));
    return trusted.may_add(lost_.marks, record.marks) &&
           engine::asks_for_more(lost_.marks, record.marks);
}

/// Returns whether the record has an id, and a time at which our request can have made it: not
/// before it was sent, and not after it was answered.
bool Case::can_adopt(TaskRecord const& record) const {
    bool const is_late_enough = record.created_at != WallTime() &&
                                record.created_at >= lost_.sent_at + clock_.low - clocks_differ;
    bool const is_early_enough =
        lost_.answered_at == WallTime() ||
        record.created_at <= lost_.answered_at + clock_.high + clocks_differ;
    return is_late_enough && is_early_enough && is_in_span(record) && !record.task_id.empty() &&
           !is_blocked(record);
}

/// An equal request in flight may have made any task that is not older than its sending.
bool Case::is_blocked(TaskRecord const& record) const {
    return std::any_of(
        context_.unnamed.begin(), context_.unnamed.end(), [&](UnnamedRequest const& other) {
            auto const sent = other.sent_at + clock_.low - clocks_differ;
            bool const may_be_its = record.created_at >= sent;
            return may_be_its && (other.key == lost_.key || !record.marks.has_request);
        });
}

Milliseconds Case::distance(TaskRecord const& record) const {
    auto const expected = lost_.sent_at + (clock_.low + clock_.high) / 2;
    return record.created_at > expected ? record.created_at - expected
                                        : expected - record.created_at;
}

Doubt Case::doubt() const {
    if (!search_.is_settled) return Doubt::too_early;
    if (listing_.is_full()) return Doubt::too_long;
    if (!is_read()) return listing_.has_moved() ? Doubt::moving : Doubt::not_whole;
    if (context_.is_own_service) return Doubt::none;
    if (!goes_back_far_enough()) return Doubt::not_whole;
    if (may_hide_newer() && evidence_.lacks_known(context_.began)) return Doubt::lists_late;
    return doubt_of_witnesses();
}

Doubt Case::doubt_of_coming() const {
    if (!search_.is_settled) return Doubt::too_early;
    return context_.is_own_service ? Doubt::none : doubt_of_witnesses();
}

/// A listing may be capped: where it ends early, it has to show that it goes back far enough.
bool Case::goes_back_far_enough() const {
    if (reaches()) return true;
    if (listing_.size() == 0 || !listing_.is_steady()) return false;
    auto const& known = listing_.known();
    bool const shows_earlier = !known.empty() && known.begin()->first < lost_.order.first;
    return shows_earlier || listing_.length() <= short_listing;
}

Doubt Case::doubt_of_witnesses() const {
    if (evidence_.lacks_known(context_.began - context_.total)) return Doubt::lists_late;
    bool const lists_late = evidence_.lacks_known(context_.began - context_.settle);
    if (lists_late && !search_.is_total_over) return Doubt::lists_late;
    auto const last_doubt = may_hide_newer() ? Doubt::old_top : Doubt::none;
    if (has_witness()) return last_doubt;
    if (lost_.identity != context_.identity) return Doubt::other_identity;
    bool const is_kind_shown = listing_.shows_kind(lost_.kind);
    bool const can_tell = search_.is_hour_over && !lists_late && is_kind_shown;
    return can_tell ? last_doubt : Doubt::no_witness;
}

bool Case::needs_end() const {
    bool const may_be_over = search_.is_settled && (has_witness() || search_.is_hour_over);
    return may_be_over && !context_.is_own_service && may_hide_newer();
}

/// A list may begin in the middle, with the newest records at its end, and the request among them,
/// which can have come after its witness. That cannot be if it begins with what was made when no
/// request could come any more. The time of one record may be wrong, and one of the future is.
bool Case::has_late_top() const {
    auto const& known = listing_.known();
    bool const shows_later =
        std::any_of(known.upper_bound(lost_.order.last), known.end(), [&](auto const& entry) {
            return entry.second->second.sent_at >= search_.settled_at;
        });
    if (shows_later) return true;
    auto const longest = std::max<Milliseconds>(1h, context_.total);
    auto const over = std::min(search_.settled_at, lost_.sent_at + longest);
    auto const off = clock_.high + clock_.margin;
    return listing_.count_on_top(over + off, context_.began + off) >= telling_times;
}

/// A task of the same kind that was sent later, and is listed: then an earlier one would be, too.
bool Case::has_witness() const {
    auto const& known = listing_.known();
    return std::any_of(known.upper_bound(lost_.order.last), known.end(), [&](auto const& entry) {
        auto const& task = entry.second->second;
        return task.kind == lost_.kind && task.identity == lost_.identity;
    });
}

using Pair = std::tuple<Milliseconds, std::size_t, std::size_t>; // distance, case, record
/// Equal requests and tasks that nobody has belong together by the nearest time.
void adopt_equal(std::vector<Case> const& cases, Records const& records,
                 std::vector<Conclusion>& conclusions) {
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        for (std::size_t j = 0; j < records.size(); ++j) {
            if (cases[i].relation(*records[j]) == Relation::ours)
                pairs.emplace_back(cases[i].distance(*records[j]), i, j);
        }
    }
    std::sort(pairs.begin(), pairs.end());
    std::vector<bool> is_taken(records.size());
    for (auto const& [distance, i, j] : pairs) {
        if (conclusions[i].record != nullptr || is_taken[j]) continue;
        is_taken[j] = true;
        conclusions[i].record = records[j];
    }
}

/// Returns the records that could be the request's and that nobody has.
Records left_over_for(Case const& one, Records const& records,
                      std::vector<Conclusion> const& conclusions) {
    Records left;
    for (auto const* record : records) {
        bool const is_taken =
            std::any_of(conclusions.begin(), conclusions.end(),
                        [record](Conclusion const& other) { return other.record == record; });
        if (!is_taken && one.relation(*record) != Relation::someone_elses) left.push_back(record);
    }
    return left;
}

/// Any one of equal requests may be the absent one: all have to be proven so.
class Equals {
public:
    Equals(Evidence const& evidence, std::vector<Search> const& searches,
           std::vector<Conclusion> const& conclusions)
        : evidence_(evidence) {
        auto const& context = evidence.context;
        for (std::size_t i = 0; i < searches.size(); ++i) {
            if (conclusions[i].record != nullptr) add(searches[i]);
        }
        for (auto const& search : context.found) add(search);
        for (auto const& request : context.answered) {
            auto const since_sent = context.began - request.sent_at;
            add({&request, context.began - request.answered_at >= context.settle,
                 since_sent >= context.total, since_sent >= 1h,
                 request.answered_at + context.settle});
        }
    }

    /// Returns why one of the others, which has a record that may be this one's, may be absent.
    Doubt doubt_about(LostRequest const& lost) const {
        auto const [first, last] = others_.equal_range(lost.key);
        for (auto other = first; other != last; ++other) {
            auto const& request = *other->second.lost;
            bool const was_known = request.answered_at != WallTime() &&
                                   request.answered_at + clocks_wrong < lost.sent_at;
            if (&request == &lost || was_known) continue;
            if (auto const doubt = doubt_of(other->second); doubt != Doubt::none) return doubt;
        }
        return Doubt::none;
    }

private:
    void add(Search const& search) { others_.emplace(search.lost->key, search); }
    Doubt doubt_of(Search const& one) const { return Case(evidence_, one).doubt_of_coming(); }

    Evidence const& evidence_;
    std::multimap<std::string_view, Search> others_; // by their keys
};

/// A record that only asks for more is taken for the request's if there is no other record and no
/// other request; one with more words only where the request's own record would be shown by now.
bool is_the_only_one(Case const& one, Evidence const& evidence, Records const& left, Doubt doubt) {
    if (left.size() != 1 || failure_of(*left.front()) != nullptr) return false;
    bool const may_come = doubt == Doubt::too_early || doubt == Doubt::lists_late;
    if (may_come || (doubt != Doubt::none && !one.has_same_words(*left.front()))) return false;
    auto const& context = evidence.context;
    return !evidence.listing.is_full() && one.is_read() && context.unnamed.empty() &&
           !context.others_are_lost && one.asks_for_more(*left.front()) &&
           one.can_adopt(*left.front());
}

void conclude_one(Case const& one, Evidence const& evidence, bool is_only,
                  std::vector<Conclusion>& conclusions, std::size_t i, Doubt about_equals) {
    auto& conclusion = conclusions[i];
    conclusion.doubt = one.doubt();
    auto const left = left_over_for(one, evidence.strangers, conclusions);
    if (is_only && is_the_only_one(one, evidence, left, conclusion.doubt)) {
        conclusion.record = left.front();
        conclusion.what = Conclusion::What::found;
        return;
    }
    conclusion.needs_end = one.needs_end();
    if (conclusion.doubt != Doubt::none) return;
    conclusion.doubt = left.empty() ? about_equals : Doubt::left_over;
    if (conclusion.doubt == Doubt::none) conclusion.what = Conclusion::What::absent;
}

} // namespace

bool has_passed(LostRequest const& lost, Listing const& listing, Milliseconds ahead, WallTime now) {
    if (listing.has_ended()) return true;
    auto const clock =
        listing.clock_for({lost.order, lost.sent_at}, lost.service_ahead.value_or(ahead), now);
    return listing.reaches(lost.sent_at + clock.low - clock.margin);
}

Findings conclude(Listing const& listing, std::vector<Search> const& searches,
                  SearchContext const& context) {
    Evidence const evidence(listing, context);
    std::vector<Search> all = searches;
    for (auto const& request : context.answered) all.push_back({&request, false, false, false});
    std::vector<Case> cases;
    cases.reserve(all.size());
    for (auto const& search : all) cases.emplace_back(evidence, search);
    std::vector<Conclusion> conclusions(all.size());
    adopt_equal(cases, evidence.strangers, conclusions);
    Equals const equals(evidence, searches, conclusions);
    for (std::size_t i = 0; i < searches.size(); ++i) {
        if (!cases[i].is_passed()) {
            conclusions[i].doubt = listing.is_full() ? Doubt::too_long : Doubt::not_whole;
            continue;
        }
        if (conclusions[i].record != nullptr)
            conclusions[i].what = Conclusion::What::found;
        else
            conclude_one(cases[i], evidence, searches.size() == 1, conclusions, i,
                         equals.doubt_about(*searches[i].lost));
    }
    Findings findings;
    for (std::size_t i = searches.size(); i < conclusions.size(); ++i) {
        bool const tells = cases[i].is_passed() && !listing.is_full() && listing.is_closed();
        findings.answered.push_back(tells ? conclusions[i].record : nullptr);
    }
    conclusions.resize(searches.size());
    findings.searches = std::move(conclusions);
    return findings;
}

} // namespace darkroom::engine
