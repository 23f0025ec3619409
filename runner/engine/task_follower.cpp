#include "runner/engine/task_follower.hpp"

#include "runner/base/in_time.hpp"
#include "runner/engine/question_times.hpp"
#include "runner/engine/retry.hpp"

#include <algorithm>
#include <cassert>

namespace darkroom::engine {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t ids_per_question = 50;
constexpr Duration failed_asked_max = 30s;
constexpr Duration soon = 5s; ///< After a new search has begun, the listing is walked again.
/// One that is under way ends, and another has its time.
constexpr Duration two_walks_max = 2 * (usual_walk_max + closing_max) + 10s;

using Kind = TaskWaiter::Kind;

/// Leaves out the waiters that are not among those that still wait.
void forget_ended(std::vector<TaskWaiter*> const& waiting, std::vector<TaskWaiter*>& waiters,
                  std::vector<Conclusion>& conclusions) {
    for (std::size_t i = waiters.size(); i-- > 0;) {
        if (std::find(waiting.begin(), waiting.end(), waiters[i]) != waiting.end()) continue;
        waiters.erase(waiters.begin() + static_cast<std::ptrdiff_t>(i));
        conclusions.erase(conclusions.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

} // namespace

/// Who waits for what of one account, and when it may ask.
struct TaskFollower::Account {
    Account(boost::asio::any_io_executor executor, std::string the_name)
        : name(std::move(the_name)), walks(waiters), changed(executor),
          walk_ended(std::move(executor)) {}

    std::string name;
    WaiterQueue waiters;
    AccountWalks walks;
    bool walked_last = false;
    Time next_ask{};
    Time turn{};          ///< The ledger gives it one then.
    int failures = 0;     ///< In a row.
    bool is_held = false; ///< The last answer was a hint to wait.
    Time asleep_until = Time::max();
    Gate changed;
    Gate walk_ended;
};

TaskFollower::TaskFollower(boost::asio::any_io_executor executor, Clock& clock, Provider& provider,
                           FollowerOptions options)
    : executor_(executor), clock_(clock), provider_(provider), options_(options),
      service_clock_(clock, provider) {}

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

awaitable<Found> TaskFollower::renew(std::string task_id, std::string account) {
    TaskWaiter waiter(executor_, Kind::renewal);
    waiter.task_id = std::move(task_id);
    co_await wait(waiter, std::move(account));
    co_return std::move(*waiter.found);
}

awaitable<void> TaskFollower::ask_about_failed() {
    Time const latest = clock_.now() + failed_asked_max;
    std::list<TaskWaiter> waiters;
    std::list<WaiterIndex::Entry> entries; // end before the waiters do
    for (auto& task : known_.take_failed()) {
        auto& waiter = waiters.emplace_back(executor_, Kind::once);
        waiter.task_id = std::move(task.task_id);
        entries.emplace_back(by_id_, waiter);
        begin_wait(waiter, account_of(task.account));
    }
    for (auto& waiter : waiters) {
        while (!waiter.found && clock_.now() < latest)
            co_await in_time(clock_, latest, waiter.ended.woken());
    }
}

awaitable<Found> TaskFollower::search(LostRequest lost, std::optional<Time> sent) {
    TaskWaiter waiter(executor_, Kind::search);
    std::string account = lost.account;
    waiter.lost = std::move(lost);
    waiter.sent = sent;
    co_await wait(waiter, std::move(account));
    co_return std::move(*waiter.found);
}

awaitable<void> TaskFollower::wait(TaskWaiter& waiter, std::string account_name) {
    WaiterIndex::Entry const entry(by_id_, waiter);
    begin_wait(waiter, account_of(account_name));
    while (!waiter.found) co_await waiter.ended.wait();
}

void TaskFollower::begin_wait(TaskWaiter& waiter, Account& account) {
    Time const now = clock_.now();
    Duration rest{};
    if (is_acknowledged(waiter)) rest = first_question(usual_, updates_expected_);
    account.waiters.add(waiter, now, now + rest);
    if (waiter.kind == Kind::search) account.walks.begin_by(now + soon);
    if (next_turn(account) < account.asleep_until) account.changed.wake_all();
}

TaskFollower::Account& TaskFollower::account_of(std::string const& name) {
    auto& account = accounts_[name];
    if (!account) account = std::make_unique<Account>(executor_, name);
    return *account;
}

std::size_t TaskFollower::waiting() const {
    std::size_t count = 0;
    for (auto const& [name, account] : accounts_) count += account->waiters.size();
    return count;
}

void TaskFollower::finish_with(TaskWaiter& waiter, TaskRecord const& record) {
    if (is_acknowledged(waiter)) {
        Duration const taken = clock_.now() - waiter.since;
        usual_ = (usual_ * 7 + taken) / (usual_ > Duration() ? 8 : 1);
    }
    finish(waiter, {Found::What::record, record, {}, {}});
}

void TaskFollower::on_update(TaskUpdate update) {
    bool is_expected = false;
    bool const is_last_word = update.outcome && !may_yet_succeed(*update.outcome);
    for (auto* waiter : by_id_.of(update.task_id)) {
        if (!is_acknowledged(*waiter)) continue;
        is_expected = true;
        if (update.percent) show_percent(*waiter, *update.percent);
        if (!is_last_word) continue;
        TaskRecord record;
        record.task_id = update.task_id;
        record.outcome = update.outcome;
        finish_with(*waiter, record);
    }
    if (is_expected || !is_last_word) return;
    if (auto const* answer = std::get_if<Answer>(&*update.outcome)) known_.note_success(*answer);
    early_.keep(std::move(update));
}

awaitable<void> TaskFollower::run(std::string name) {
    auto& account = account_of(name);
    for (;;) {
        account.asleep_until = Time::max();
        end_the_late(account);
        while (account.waiters.empty()) co_await account.changed.wait();
        Time const next = next_turn(account);
        if (next <= clock_.now()) {
            bool may_ask = !uses_ledger() || account.next_ask > clock_.now();
            if (!may_ask) may_ask = co_await has_turn(account);
            if (may_ask) co_await ask_next(account);
            continue;
        }
        account.asleep_until = next;
        co_await in_time(clock_, next, account.changed.woken());
    }
}

Time TaskFollower::next_turn(Account const& account) const {
    auto const& waiters = account.waiters;
    Time const next = std::max(std::min(waiters.next_id(), account.walks.next()), account.next_ask);
    for (auto const* waiter : waiters.by_age()) {
        Time const end = end_of_wait(account, *waiter); // the first that has one ends first
        if (end != Time::max()) return std::min(next, end);
    }
    return next;
}

/// A hint of the service is no answer: whoever waits is asked for once more after it, unless the
/// next answer is a hint again. A search is ended by end_searches() only.
Time TaskFollower::end_of_wait(Account const& account, TaskWaiter const& waiter) const {
    if (waiter.kind == Kind::search) return Time::max();
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

/// All runs of an account share its pace: each question has a turn of its own.
awaitable<bool> TaskFollower::has_turn(Account& account) {
    Time const now = clock_.now();
    auto const pace = options_.pace(account.name);
    if (now - account.turn <= pace && account.turn != Time()) {
        account.turn = Time();
        co_return true;
    }
    auto const wait = co_await ledger_->look_turn(account.name, pace, 1);
    if (wait <= Duration()) co_return true;
    account.turn = account.next_ask = now + wait;
    co_return false;
}

/// Ids and the listing take turns when both are due.
awaitable<void> TaskFollower::ask_next(Account& account) {
    Time const now = clock_.now();
    if (account.next_ask > now) co_return; // only the longest wait was over
    bool const asks_ids = account.waiters.next_id() <= now;
    bool const walks = account.walks.next() <= now && (!asks_ids || !account.walked_last);
    account.walked_last = walks;
    if (walks)
        co_await ask_for_listing(account);
    else if (asks_ids)
        co_await ask_for_ids(account);
}

awaitable<LookedUp> TaskFollower::ask(Account& account, TaskQuery query) {
    query.account = account.name;
    Time const asked = clock_.now();
    LookedUp answered = co_await provider_.look_up(std::move(query));
    take_answer(account, asked, answered);
    co_return answered;
}

void TaskFollower::take_answer(Account& account, Time asked, LookedUp const& answered) {
    auto const pace = options_.pace(account.name);
    if (auto const* page = std::get_if<TaskPage>(&answered)) {
        account.failures = 0;
        account.is_held = false;
        account.next_ask = std::max(clock_.now(), asked + pace);
        if (page->service_time) service_clock_.note(*page->service_time);
        return;
    }
    auto const& problem = std::get<Problem>(answered);
    account.is_held = problem.retry_after.has_value();
    Duration const own =
        after_failed_questions(std::max<Duration>(pace, 500ms)).after(account.failures++);
    account.next_ask = clock_.now() + with_hint(own, problem.retry_after);
    if (remedy_of_look_up(problem) == Remedy::stop_paying) refuse_all(account, problem);
}

/// To ask again would not help before someone has seen to the account.
void TaskFollower::refuse_all(Account& account, Problem const& problem) {
    while (!account.waiters.empty()) {
        auto& waiter = account.waiters.oldest();
        if (is_acknowledged(waiter))
            give_up(waiter, problem.code,
                    "the task was taken and cannot be asked for: " + problem.message);
        else
            finish(waiter, {Found::What::unknown, {}, problem, waiter.doubt});
    }
}

awaitable<void> TaskFollower::ask_for_ids(Account& account) {
    auto const ids = account.waiters.next_ids(ids_per_question);
    TaskQuery query;
    query.ids = ids;
    query.limit = static_cast<int>(ids_per_question);
    LookedUp const answered = co_await ask(account, std::move(query));
    if (auto const* page = std::get_if<TaskPage>(&answered)) take_page(ids, *page);
}

void TaskFollower::take_page(std::vector<std::string> const& ids, TaskPage const& page) {
    std::set<std::string_view> shown;
    for (auto const& record : page.tasks) {
        shown.insert(record.task_id);
        for (auto* waiter : by_id_.of(record.task_id)) take_record(*waiter, record);
    }
    Time const now = clock_.now();
    for (auto const& id : ids) {
        for (auto* waiter : by_id_.of(id)) {
            bool const rarely = updates_expected_ && is_acknowledged(*waiter);
            if (waiter->kind == Kind::once) {
                finish(*waiter, Found());
                continue;
            }
            auto const rest = later_questions(usual_, rarely).at_age(now - waiter->since);
            waiter->queue->ask_again_at(*waiter, now + rest);
            if (shown.contains(id))
                waiter->absent_since.reset();
            else
                note_absence(*waiter, ids.size() == 1, now, options_.settle);
        }
    }
}

void TaskFollower::take_record(TaskWaiter& waiter, TaskRecord const& record) {
    waiter.asks_alone = false;
    if (!record.outcome) return;
    auto const* answer = std::get_if<Answer>(&*record.outcome);
    if (waiter.kind == Kind::once && answer != nullptr) known_.note_success(*answer);
    if (may_yet_succeed(*record.outcome)) {
        waiter.timed_out = record;
        return;
    }
    if (is_acknowledged(waiter)) show_percent(waiter, 100);
    finish_with(waiter, record);
}

awaitable<void> TaskFollower::ask_for_listing(Account& account) {
    auto& walks = account.walks;
    auto const depth = walks.choose(clock_.now());
    auto const make = [this] {
        return ListingWalk{known_.begin_listing(), clock_.now(), clock_.wall()};
    };
    auto const pace = options_.pace(account.name);
    auto const offsets = walks.next_offsets(walks.walk(depth, make).listing, pace);
    TaskQuery query;
    query.limit = walks.limit();
    query.account = account.name;
    Time const asked = clock_.now();
    auto answers = co_await ask_for_pages(provider_, std::move(query), offsets);
    for (bool const is_problem : {false, true}) { // a problem has the last word on when to ask
        for (auto const& answer : answers) {
            if (std::holds_alternative<Problem>(answer) == is_problem)
                take_answer(account, asked, answer);
        }
    }
    auto const pages = static_cast<int>(answers.size());
    account.next_ask = std::max(account.next_ask, asked + pace * pages);
    if (uses_ledger() && pages > 1) co_await ledger_->look_turn(account.name, pace, pages - 1);
    if (walks.take_pages(depth, std::move(answers), offsets, clock_.now()))
        account.next_ask = clock_.now() + pace;
    if (walks.tells_more(depth, clock_.now(), ahead()))
        co_await conclude_passed(account, walks.walk(depth, make));
    walks.end_if_over(depth, clock_.now(), ahead());
    account.walk_ended.wake_all();
}

awaitable<void> TaskFollower::conclude_passed(Account& account, ListingWalk& walk) {
    for (auto const& record : walk.listing.take_late_successes())
        known_.note_success(std::get<Answer>(*record.outcome));
    OtherRuns others;
    if (uses_ledger()) {
        others = co_await ask_others(*ledger_, account.name, walk.listing, known_);
        if (!others.is_known) co_return;
    }
    auto waiters = account.waiters.searches();
    auto findings = conclude_now(account.name, waiters, walk, others);
    if (uses_ledger()) {
        std::vector<Digest> steps;
        for (auto const* waiter : waiters) steps.push_back(waiter->lost.step);
        co_await adopt_found(*ledger_, std::move(steps), findings, known_);
        forget_ended(account.waiters.searches(), waiters, findings.searches);
    }
    walk.note(waiters, findings.searches);
    for (std::size_t i = 0; i < waiters.size(); ++i)
        conclude_search(*waiters[i], findings.searches[i]);
}

awaitable<void> TaskFollower::walk_once() {
    for (auto& [name, account] : accounts_) co_await until_walked(*account);
}

void TaskFollower::end_searches() {
    for (auto& [name, account] : accounts_) {
        for (auto* waiter : account->waiters.searches()) give_up(*waiter, "", "");
    }
}

/// A usual walk that ends was for all searches that are not deep; those have had one of their own.
awaitable<void> TaskFollower::until_walked(Account& account) {
    Time const now = clock_.now();
    Time const latest = now + std::max(options_.total, two_walks_max);
    account.walks.hurry();
    account.changed.wake_all();
    while (account.waiters.has_searches() && account.walks.last_ended() < now) {
        if (clock_.now() >= latest) co_return;
        co_await in_time(clock_, latest, account.walk_ended.woken());
    }
}

} // namespace darkroom::engine
