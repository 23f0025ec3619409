#include "runner/engine/task_follower.hpp"

#include "runner/base/in_time.hpp"
#include "runner/engine/question_times.hpp"
#include "runner/engine/retry.hpp"

#include <algorithm>
#include <cassert>

namespace darkroom::engine {

namespace {

constexpr std::size_t ids_per_question = 50;
constexpr int listing_limit = 50;
constexpr std::size_t pages_max = 400; ///< 20,000 tasks back; beyond that nothing is concluded.
constexpr std::chrono::hours clocks_differ_max(24 * 365); ///< Far from where Duration overflows.

using Kind = TaskWaiter::Kind;

bool is_acknowledged(TaskWaiter const& waiter) { return waiter.kind == Kind::acknowledged; }

void show_percent(TaskWaiter& waiter, int percent) {
    if (percent <= waiter.percent) return;
    waiter.percent = percent;
    waiter.progress->on_percent(percent);
}

} // namespace

/// One walk through the listing, newest first. `since`: when its first page was asked for.
struct TaskFollower::Walk {
    Time since{};
    WallTime back_to = WallTime::max(); ///< A time of our clock.
    std::size_t pages = 0;
    Listing listing;
};

/// Who waits for what of one account, and when it may ask.
struct TaskFollower::Account {
    Account(boost::asio::any_io_executor executor, std::string the_name)
        : name(std::move(the_name)), changed(std::move(executor)) {}

    std::string name;
    WaiterQueue waiters;
    std::optional<Walk> walk;
    bool walked_last = false;
    Time next_ask{};
    int failures = 0;     ///< In a row.
    bool is_held = false; ///< The last answer was a hint to wait.
    Time asleep_until = Time::max();
    Gate changed;
};

/// Keeps a waiter in its account's queue, and under its id, until it has ended or is destroyed.
class TaskFollower::Entry {
public:
    Entry(TaskFollower& follower, TaskWaiter& waiter) : follower_(follower), waiter_(waiter) {
        if (waiter.kind != Kind::search) follower_.by_id_.emplace(waiter.task_id, &waiter);
    }
    Entry(Entry const&) = delete;
    Entry& operator=(Entry const&) = delete;
    ~Entry() {
        if (waiter_.queue != nullptr) waiter_.queue->remove(waiter_);
        if (waiter_.kind == Kind::search) return;
        auto const [first, last] = follower_.by_id_.equal_range(waiter_.task_id);
        auto const self = std::find_if(
            first, last, [this](auto const& entry) { return entry.second == &waiter_; });
        assert(self != last);
        follower_.by_id_.erase(self);
    }

private:
    TaskFollower& follower_;
    TaskWaiter& waiter_;
};

TaskFollower::TaskFollower(boost::asio::any_io_executor executor, Clock& clock, Provider& provider,
                           FollowerOptions options)
    : executor_(executor), clock_(clock), provider_(provider), options_(options) {}

TaskFollower::~TaskFollower() = default;

awaitable<Outcome> TaskFollower::wait_for(AcknowledgedTask task, ProgressSink& progress) {
    auto early = early_.take(task.id); // an update may overtake the answer that names its task
    if (early) co_return std::move(*early);
    TaskWaiter waiter(executor_, Kind::acknowledged);
    waiter.task_id = std::move(task.id);
    waiter.progress = &progress;
    co_await wait(waiter, std::move(task.account));
    co_return std::move(waiter.found->record.outcome.value());
}

awaitable<Found> TaskFollower::follow(std::string task_id, std::string account) {
    TaskWaiter waiter(executor_, Kind::lost);
    waiter.task_id = std::move(task_id);
    co_await wait(waiter, std::move(account));
    co_return std::move(*waiter.found);
}

awaitable<Found> TaskFollower::search(LostRequest lost) {
    TaskWaiter waiter(executor_, Kind::search);
    std::string account = lost.account;
    waiter.lost = std::move(lost);
    co_await wait(waiter, std::move(account));
    co_return std::move(*waiter.found);
}

awaitable<void> TaskFollower::wait(TaskWaiter& waiter, std::string account_name) {
    auto& account = account_of(account_name);
    Entry const entry(*this, waiter);
    Time const now = clock_.now();
    Duration rest{};
    if (is_acknowledged(waiter)) rest = first_question(usual_, updates_expected_);
    account.waiters.add(waiter, now, now + rest);
    if (next_turn(account) < account.asleep_until) account.changed.wake_all();
    while (!waiter.found) co_await waiter.ended.wait();
}

TaskFollower::Account& TaskFollower::account_of(std::string const& name) {
    auto& account = accounts_[name];
    if (!account) account = std::make_unique<Account>(executor_, name);
    return *account;
}

void TaskFollower::end_unnamed(std::string const& request) {
    auto const found = unnamed_.find(request);
    assert(found != unnamed_.end());
    unnamed_.erase(found);
}

std::size_t TaskFollower::waiting() const {
    std::size_t count = 0;
    for (auto const& [name, account] : accounts_) count += account->waiters.size();
    return count;
}

std::vector<TaskWaiter*> TaskFollower::waiters_for(std::string const& task_id) const {
    std::vector<TaskWaiter*> waiters;
    auto const [first, last] = by_id_.equal_range(task_id);
    for (auto entry = first; entry != last; ++entry) {
        if (!entry->second->found) waiters.push_back(entry->second);
    }
    return waiters;
}

void TaskFollower::finish(TaskWaiter& waiter, Found found) {
    waiter.queue->remove(waiter);
    waiter.found = std::move(found);
    waiter.ended.wake_all();
}

void TaskFollower::finish_with(TaskWaiter& waiter, TaskRecord const& record) {
    if (is_acknowledged(waiter)) {
        Duration const taken = clock_.now() - waiter.since;
        usual_ = (usual_ * 7 + taken) / (usual_ > Duration() ? 8 : 1);
    }
    finish(waiter, {Found::What::record, record, {}});
}

/// The reason is for an acknowledged task, whose request is looked up next.
void TaskFollower::give_up(TaskWaiter& waiter, std::string code, std::string message) {
    Found found;
    if (is_acknowledged(waiter)) {
        Problem problem;
        problem.verdict = Verdict::unknown;
        problem.code = std::move(code);
        problem.message = std::move(message);
        problem.task_id = waiter.task_id;
        found.record.outcome = std::move(problem);
    }
    finish(waiter, std::move(found));
}

void TaskFollower::on_update(TaskUpdate update) {
    bool is_expected = false;
    for (auto* waiter : waiters_for(update.task_id)) {
        if (!is_acknowledged(*waiter)) continue;
        is_expected = true;
        if (update.percent) show_percent(*waiter, *update.percent);
        if (!update.outcome) continue;
        TaskRecord record;
        record.task_id = update.task_id;
        record.outcome = update.outcome;
        finish_with(*waiter, record);
    }
    if (!is_expected && update.outcome) early_.keep(std::move(update));
}

awaitable<void> TaskFollower::run(std::string name) {
    auto& account = account_of(name);
    for (;;) {
        account.asleep_until = Time::max();
        end_the_late(account);
        while (account.waiters.empty()) co_await account.changed.wait();
        Time const next = next_turn(account);
        if (next <= clock_.now()) {
            co_await ask_next(account);
            continue;
        }
        account.asleep_until = next;
        co_await in_time(clock_, next, woken(account.changed));
    }
}

bool TaskFollower::is_walk_due(Account const& account) const {
    auto const& waiters = account.waiters;
    return waiters.has_searches() && (account.walk || waiters.next_search() <= clock_.now());
}

Time TaskFollower::next_turn(Account const& account) const {
    auto const& waiters = account.waiters;
    Time due = std::min(waiters.next_id(), waiters.next_search());
    if (is_walk_due(account)) due = clock_.now();
    Time const next = std::max(due, account.next_ask);
    for (auto const* waiter : waiters.by_age()) {
        Time const end = end_of_wait(account, *waiter); // the first that has one ends first
        if (end != Time::max()) return std::min(next, end);
    }
    return next;
}

/// A hint of the service is no answer: whoever waits is asked for once more after it, unless the
/// next answer is a hint again. A search is over only after the walk that speaks for it.
Time TaskFollower::end_of_wait(Account const& account, TaskWaiter const& waiter) const {
    bool const is_walked_for =
        waiter.kind == Kind::search && account.walk && waiter.since <= account.walk->since;
    if (is_walked_for) return Time::max();
    return waiter.since + options_.total + (account.is_held ? hint_max : Duration());
}

void TaskFollower::end_the_late(Account& account) {
    std::vector<TaskWaiter*> late;
    for (auto* waiter : account.waiters.by_age()) {
        if (clock_.now() - waiter->since < options_.total) break;
        if (clock_.now() >= end_of_wait(account, *waiter)) late.push_back(waiter);
    }
    for (auto* waiter : late)
        give_up(*waiter, "timed_out",
                "the task was taken and has not ended in the time of service.timeouts.total");
}

/// Ids and the listing take turns when both are due.
awaitable<void> TaskFollower::ask_next(Account& account) {
    if (account.next_ask > clock_.now()) co_return; // only the longest wait was over
    bool const asks_ids = account.waiters.next_id() <= clock_.now();
    bool const walks = is_walk_due(account) && (!asks_ids || !account.walked_last);
    account.walked_last = walks;
    if (walks)
        co_await ask_for_listing(account);
    else if (asks_ids)
        co_await ask_for_ids(account);
}

awaitable<TaskFollower::Answered> TaskFollower::ask(Account& account, TaskQuery query) {
    query.account = account.name;
    Answered answered = co_await provider_.look_up(std::move(query));
    if (auto const* page = std::get_if<TaskPage>(&answered)) {
        account.failures = 0;
        account.is_held = false;
        account.next_ask = clock_.now() + options_.pace;
        if (page->service_time)
            service_ahead_ = std::clamp<std::chrono::milliseconds>(
                *page->service_time - clock_.wall(), -clocks_differ_max, clocks_differ_max);
        co_return answered;
    }
    auto const& problem = std::get<Problem>(answered);
    account.is_held = problem.retry_after.has_value();
    Duration const own = after_failed_questions(options_.pace).after(account.failures++);
    account.next_ask = clock_.now() + with_hint(own, problem.retry_after);
    if (remedy_of_look_up(problem) == Remedy::stop_paying) refuse_all(account, problem);
    co_return answered;
}

/// To ask again would not help before someone has seen to the account.
void TaskFollower::refuse_all(Account& account, Problem const& problem) {
    while (!account.waiters.empty()) {
        auto& waiter = account.waiters.oldest();
        if (is_acknowledged(waiter))
            give_up(waiter, problem.code,
                    "the task was taken and cannot be asked for: " + problem.message);
        else
            finish(waiter, {Found::What::unknown, {}, problem});
    }
}

awaitable<void> TaskFollower::ask_for_ids(Account& account) {
    auto const ids = account.waiters.next_ids(ids_per_question);
    TaskQuery query;
    query.ids = ids;
    query.limit = static_cast<int>(ids_per_question);
    Answered const answered = co_await ask(account, std::move(query));
    if (auto const* page = std::get_if<TaskPage>(&answered)) take_page(ids, *page);
}

void TaskFollower::take_page(std::vector<std::string> const& ids, TaskPage const& page) {
    std::set<std::string_view> shown;
    for (auto const& record : page.tasks) {
        shown.insert(record.task_id);
        if (!record.outcome) continue;
        for (auto* waiter : waiters_for(record.task_id)) {
            if (is_acknowledged(*waiter)) show_percent(*waiter, 100);
            finish_with(*waiter, record);
        }
    }
    Time const now = clock_.now();
    for (auto const& id : ids) {
        for (auto* waiter : waiters_for(id)) {
            bool const rarely = updates_expected_ && is_acknowledged(*waiter);
            auto const rest = later_questions(rarely).at_age(now - waiter->since);
            waiter->queue->ask_again_at(*waiter, now + rest);
            if (shown.contains(id))
                waiter->absent_since.reset();
            else
                note_absence(*waiter, ids.size() == 1);
        }
    }
}

/// An acknowledged task that is not shown is looked up like a lost answer. What a page of several
/// leaves out is asked for alone before it counts as absent.
void TaskFollower::note_absence(TaskWaiter& waiter, bool asked_alone) {
    Time const now = clock_.now();
    if (!is_acknowledged(waiter) && !asked_alone) {
        waiter.asks_alone = true;
        return waiter.queue->ask_again_at(waiter, now);
    }
    if (!waiter.absent_since) {
        waiter.absent_since = now;
        return;
    }
    bool const looked_up_next = is_acknowledged(waiter);
    Duration const limit = looked_up_next ? options_.absent_max : options_.settle;
    if (now - *waiter.absent_since < limit) return;
    if (looked_up_next)
        return give_up(waiter, "not_found", "the task was taken, and the service does not show it");
    finish(waiter, {Found::What::absent, {}, {}});
}

awaitable<void> TaskFollower::ask_for_listing(Account& account) {
    prepare_walk(account);
    TaskQuery query;
    query.limit = listing_limit;
    query.offset = static_cast<int>(account.walk->listing.records.size());
    Answered answered = co_await ask(account, std::move(query));
    auto* page = std::get_if<TaskPage>(&answered);
    if (page == nullptr) {
        account.walk.reset(); // the next one begins with the newest again
        co_return;
    }
    auto& walk = *account.walk;
    auto& listing = walk.listing;
    listing.service_ahead = service_ahead_;
    listing.is_complete =
        is_last_needed(page->tasks, earliest_creation(walk.back_to, service_ahead_));
    std::move(page->tasks.begin(), page->tasks.end(), std::back_inserter(listing.records));
    if (listing.is_complete || ++walk.pages == pages_max) end_walk(account);
}

/// Begins a walk, unless one is under way for somebody who still waits.
void TaskFollower::prepare_walk(Account& account) {
    auto const& waiters = account.waiters;
    if (account.walk && !waiters.searches_since(account.walk->since).empty()) return;
    auto& walk = account.walk.emplace();
    walk.since = clock_.now();
    for (auto const* waiter : waiters.searches_since(walk.since))
        walk.back_to = std::min(walk.back_to, waiter->lost.submitted_at);
}

/// A walk speaks only for the searches that were there when it began.
void TaskFollower::end_walk(Account& account) {
    auto const walk = std::exchange(account.walk, std::nullopt).value();
    auto const waiters = account.waiters.searches_since(walk.since);
    std::vector<Search> searches;
    for (auto const* waiter : waiters)
        searches.push_back({waiter->lost, walk.since - waiter->since >= options_.settle});
    auto const conclusions = conclude(walk.listing, searches, claims());
    for (std::size_t i = 0; i < waiters.size(); ++i) conclude_search(*waiters[i], conclusions[i]);
}

void TaskFollower::conclude_search(TaskWaiter& waiter, Conclusion const& conclusion) {
    switch (conclusion.what) {
    case Conclusion::What::found:
        claim(conclusion.record->task_id);
        return finish_with(waiter, *conclusion.record);
    case Conclusion::What::absent: return finish(waiter, {Found::What::absent, {}, {}});
    case Conclusion::What::undecided: break;
    }
    Time const now = clock_.now();
    waiter.queue->ask_again_at(waiter, now + later_listings().at_age(now - waiter.since));
}

Claims TaskFollower::claims() const {
    auto has_owner = [this](std::string const& task_id) {
        return claimed_.contains(task_id) || (is_claimed_ && is_claimed_(task_id));
    };
    return {std::move(has_owner), unnamed_};
}

} // namespace darkroom::engine
