#include "runner/engine/look_ups.hpp"

#include "runner/engine/retry.hpp"

#include <algorithm>
#include <cassert>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {
constexpr std::size_t ids_per_request = 50;
constexpr int listing_limit = 50;
constexpr int pages_max = 400; ///< 20,000 tasks back; beyond that the search has no word.
constexpr Duration poll_first = 2s;
constexpr Duration poll_max = 15s;
constexpr std::chrono::hours clocks_differ_max(24 * 365); ///< Far from where Duration overflows.
/// The Date header has whole seconds, and clocks drift.
constexpr auto clock_margin = 5s;
/// Our clock may have been set since the request was sent. When nothing else is found in the time
/// to settle, a task of the same text that nobody has is as good as the one that is looked for.
constexpr auto clock_set_margin = 2min;

bool has_failed(TaskRecord const& task) {
    return task.outcome && std::holds_alternative<Problem>(*task.outcome);
}

/// A record that does not tell its endpoint may be of any: its body has to be enough.
bool asks_the_same(TaskRecord const& task, LostRequest const& lost) {
    bool const there =
        task.endpoint.empty() || lost.endpoint.empty() || task.endpoint == lost.endpoint;
    return there && task.request == lost.request;
}

/// Whether the pages after this one hold nothing from `wanted` on. A listing that is not newest
/// first, or tells no time, proves nothing.
bool ends_before(std::vector<TaskRecord> const& page, WallTime wanted) {
    if (page.empty()) return true;
    auto const last = page.back().created_at;
    bool const newest_first =
        std::is_sorted(page.begin(), page.end(), [](TaskRecord const& a, TaskRecord const& b) {
            return a.created_at > b.created_at;
        });
    return newest_first && last != WallTime() && last < wanted;
}
} // namespace

/// One coroutine that waits to hear. By id when `task_id` is set, else by request.
struct LookUps::Query {
    explicit Query(boost::asio::any_io_executor executor) : answered(std::move(executor)) {}
    std::string task_id;
    LostRequest lost;
    Time since{};
    Time due{};
    Duration interval = poll_first;
    bool alone = false; ///< A batch did not have it; a page may be shorter than was asked for.
    std::optional<Time> absent_since;
    std::optional<Found> found;
    Gate answered;
};

/// One walk through the listing, newest first. `asked_at`: when its first page was asked for.
struct LookUps::Scan {
    Time asked_at{};
    bool whole = false;
    std::vector<TaskRecord> tasks;
};

/// Keeps a query in the list while its coroutine waits.
class LookUps::Asking {
public:
    Asking(LookUps& desk, Query& query) : desk_(desk) {
        query.since = desk_.clock_.now();
        query.due = query.since;
        spot_ = desk_.queries_.insert(desk_.queries_.end(), &query);
        desk_.wake_.wake_all();
    }
    Asking(Asking const&) = delete;
    Asking& operator=(Asking const&) = delete;
    ~Asking() { desk_.queries_.erase(spot_); }

private:
    LookUps& desk_;
    std::list<Query*>::iterator spot_;
};

LookUps::LookUps(boost::asio::any_io_executor executor, Clock& clock, Provider& provider,
                 LookUpOptions options)
    : executor_(executor), clock_(clock), provider_(provider), options_(options), wake_(executor) {}

awaitable<Found> LookUps::follow(std::string task_id, std::string account) {
    Query query(executor_);
    query.task_id = std::move(task_id);
    query.lost.account = std::move(account);
    Asking const asking(*this, query);
    while (!query.found) co_await query.answered.wait();
    co_return std::move(*query.found);
}

awaitable<Found> LookUps::search(LostRequest lost) {
    Query query(executor_);
    query.lost = std::move(lost);
    Asking const asking(*this, query);
    while (!query.found) co_await query.answered.wait();
    co_return std::move(*query.found);
}

void LookUps::end_unnamed(std::string const& request) {
    auto const found = unnamed_.find(request);
    assert(found != unnamed_.end());
    unnamed_.erase(found);
}

awaitable<void> LookUps::run(std::string account) {
    auto& turn = turns_[account];
    for (;;) {
        while (!is_asked_about(account)) co_await wake_.wait();
        Time const at = std::max(turn.next_ask, clock_.now());
        co_await clock_.sleep_until(at);
        auto ids = due_ids(account);
        if (!ids.empty()) {
            co_await ask_ids(std::move(ids), account);
        } else if (is_searched_in(account)) {
            co_await scan(account);
        } else {
            turn.next_ask = clock_.now() + options_.pace;
        }
        give_up_on_the_old();
    }
}

bool LookUps::is_asked_about(std::string const& account) const {
    return std::any_of(queries_.begin(), queries_.end(),
                       [&](Query const* query) { return query->lost.account == account; });
}

bool LookUps::is_searched_in(std::string const& account) const {
    return std::any_of(queries_.begin(), queries_.end(), [&](Query const* query) {
        bool const searches = query->task_id.empty() && !query->found;
        return searches && query->lost.account == account && query->due <= clock_.now();
    });
}

awaitable<LookUps::Answered> LookUps::ask(TaskQuery query) {
    std::string const account = query.account;
    auto& turn = turns_[account];
    Time const at = std::max(turn.next_ask, clock_.now());
    co_await clock_.sleep_until(at);
    Answered answered = co_await provider_.look_up(std::move(query));
    if (auto const* page = std::get_if<TaskPage>(&answered)) {
        turn.failures = 0;
        turn.next_ask = clock_.now() + options_.pace;
        if (page->service_time)
            ahead_ = std::clamp<std::chrono::milliseconds>(*page->service_time - clock_.wall(),
                                                           -clocks_differ_max, clocks_differ_max);
    } else {
        auto const& problem = std::get<Problem>(answered);
        turn.failures = std::min(turn.failures + 1, 6);
        Duration const own = options_.pace * (1 << turn.failures);
        Duration const hint = problem.retry_after.value_or(Duration());
        turn.next_ask = clock_.now() + std::max(own, std::min(hint, options_.patience));
        if (cure_of_look_up(problem) == Cure::stop_paying) refuse_all(account, problem);
    }
    co_return answered;
}

std::vector<std::string> LookUps::due_ids(std::string const& account) const {
    std::vector<std::string> ids;
    for (auto const* query : queries_) {
        if (query->task_id.empty() || query->found || query->due > clock_.now()) continue;
        if (query->lost.account != account || ids.size() == ids_per_request) continue;
        if (query->alone && !ids.empty()) continue;
        ids.push_back(query->task_id);
        if (query->alone) break;
    }
    return ids;
}

awaitable<void> LookUps::ask_ids(std::vector<std::string> ids, std::string account) {
    TaskQuery query;
    query.ids = ids;
    query.limit = static_cast<int>(ids_per_request);
    query.account = std::move(account);
    Answered answered = co_await ask(std::move(query));
    if (auto const* page = std::get_if<TaskPage>(&answered)) hear_of_ids(ids, *page);
}

void LookUps::hear_of_ids(std::vector<std::string> const& ids, TaskPage const& page) {
    for (auto* query : queries_) {
        bool const asked = std::find(ids.begin(), ids.end(), query->task_id) != ids.end();
        if (!asked || query->found) continue;
        auto const record =
            std::find_if(page.tasks.begin(), page.tasks.end(), [query](TaskRecord const& task) {
                return task.task_id == query->task_id;
            });
        query->due = clock_.now() + query->interval;
        query->interval = std::min(query->interval * 3 / 2, poll_max);
        if (record != page.tasks.end()) {
            query->absent_since.reset();
            if (record->outcome) finish(*query, {Found::What::record, *record, {}});
        } else if (ids.size() > 1) {
            query->alone = true;
            query->due = clock_.now();
        } else if (!query->absent_since) {
            query->absent_since = clock_.now();
        } else if (clock_.now() - *query->absent_since >= options_.settle) {
            finish(*query, {Found::What::nothing, {}, {}});
        }
    }
}

awaitable<void> LookUps::scan(std::string account) {
    Scan scan;
    scan.asked_at = clock_.now();
    TaskQuery query;
    query.limit = listing_limit;
    query.account = account;
    WallTime back_to = WallTime::max();
    for (auto const* searching : asked_before(scan.asked_at, account))
        back_to = std::min(back_to, searching->lost.submitted_at);
    for (int page_number = 0; page_number < pages_max && !scan.whole; ++page_number) {
        Answered answered = co_await ask(query);
        auto* page = std::get_if<TaskPage>(&answered);
        if (page == nullptr) co_return;
        auto const oldest_wanted =
            back_to + std::chrono::floor<std::chrono::milliseconds>(ahead_) - clock_set_margin;
        scan.whole = ends_before(page->tasks, oldest_wanted);
        query.offset += static_cast<int>(page->tasks.size());
        std::move(page->tasks.begin(), page->tasks.end(), std::back_inserter(scan.tasks));
    }
    for (auto* searching : asked_before(scan.asked_at, account)) conclude(*searching, scan);
}

/// The searches a scan speaks about, the latest request first: of several equal ones, the one that
/// the fewest tasks can belong to chooses first, and each takes the oldest, so that all find one.
std::vector<LookUps::Query*> LookUps::asked_before(Time asked_at, std::string const& account) {
    std::vector<Query*> asked;
    for (auto* query : queries_) {
        bool const searches = query->task_id.empty() && !query->found;
        bool const was_there = query->since <= asked_at && query->lost.account == account;
        if (searches && was_there) asked.push_back(query);
    }
    std::stable_sort(asked.begin(), asked.end(), [](Query const* a, Query const* b) {
        return a->lost.submitted_at > b->lost.submitted_at;
    });
    return asked;
}

void LookUps::conclude(Query& query, Scan const& scan) {
    bool const settled = scan.asked_at - query.since >= options_.settle;
    if (auto const* record = match(query, scan, settled)) {
        take(record->task_id);
        return finish(query, {Found::What::record, *record, {}});
    }
    // Not there. That is only certain when the whole listing was read after the time to settle, and
    // when no equal request is about to claim, or to leave, a task of the same text.
    bool const contested = unnamed_.contains(query.lost.request);
    if (settled && scan.whole && !contested) return finish(query, {Found::What::nothing, {}, {}});
    query.due = clock_.now() + query.interval;
    query.interval = std::min(query.interval * 3 / 2, poll_max);
}

/// The oldest task of the same text that nobody has. One that failed, or is a little older than the
/// request, is only taken after the time to settle: until then ours may still show up.
TaskRecord const* LookUps::match(Query const& query, Scan const& scan, bool settled) const {
    if (unnamed_.contains(query.lost.request)) return nullptr;
    auto const sent =
        query.lost.submitted_at + std::chrono::floor<std::chrono::milliseconds>(ahead_);
    auto const* ours = match_from(sent - clock_margin, query, scan);
    if (!settled) return ours != nullptr && !has_failed(*ours) ? ours : nullptr;
    return ours != nullptr ? ours : match_from(sent - clock_set_margin, query, scan);
}

/// The oldest from `from` on; one that failed only if there is no other.
TaskRecord const* LookUps::match_from(WallTime from, Query const& query, Scan const& scan) const {
    TaskRecord const* failed = nullptr;
    TaskRecord const* oldest = nullptr;
    for (auto const& task : scan.tasks) {
        if (!asks_the_same(task, query.lost) || task.created_at < from) continue;
        if (taken_.contains(task.task_id) || (is_taken_ && is_taken_(task.task_id))) continue;
        auto& best = has_failed(task) ? failed : oldest;
        if (best == nullptr || task.created_at < best->created_at) best = &task;
    }
    return oldest != nullptr ? oldest : failed;
}

void LookUps::give_up_on_the_old() {
    for (auto* query : queries_) {
        if (query->found || clock_.now() - query->since < options_.patience) continue;
        finish(*query, {Found::What::no_word, {}, {}});
    }
}

/// Asking on would be no use before someone has seen to the account.
void LookUps::refuse_all(std::string const& account, Problem const& problem) {
    for (auto* query : queries_) {
        if (query->found || query->lost.account != account) continue;
        finish(*query, {Found::What::no_word, {}, problem});
    }
}

void LookUps::finish(Query& query, Found found) {
    query.found = std::move(found);
    query.answered.wake_all();
}

} // namespace darkroom::engine
