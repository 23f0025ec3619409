#include "runner/provider/waiting_room.hpp"

#include "runner/base/in_time.hpp"

#include <algorithm>

namespace darkroom::provider {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t ids_per_request = 50;
constexpr std::size_t early_max = 256;
constexpr int failures_max = 5; ///< The pace is doubled with each, so often at most.
constexpr Duration hint_max = 1min;

} // namespace

Duration first_look(Duration usual, bool told) {
    if (told) return std::clamp<Duration>(usual * 2, 5s, 5min);
    return std::clamp<Duration>(usual * 3 / 4, 1s, 2min);
}

Duration next_look(Duration age, bool told) {
    if (told) return std::clamp<Duration>(age / 2, 5s, 1min);
    return std::clamp<Duration>(age / 8, 1s, 10s);
}

/// One coroutine that waits; in its frame.
struct WaitingRoom::Guest {
    Guest(WaitingRoom& the_room, TakenTask taken, engine::ProgressSink& sink)
        : room(the_room), task(std::move(taken)), progress(sink), told(the_room.executor_) {
        room.let_in(*this);
    }
    Guest(Guest const&) = delete;
    Guest& operator=(Guest const&) = delete;
    ~Guest() {
        if (!word) room.let_go(*this);
    }

    WaitingRoom& room;
    TakenTask task;
    engine::ProgressSink& progress;
    Time since{};
    Time due{};
    std::optional<Time> absent_since;
    int percent = -1; ///< The highest that was told.
    std::optional<engine::Outcome> word;
    std::list<Guest*>::iterator place{};
    Gate told;
};

WaitingRoom::WaitingRoom(boost::asio::any_io_executor executor, Clock& clock,
                         engine::Provider& service, WaitingOptions options)
    : executor_(executor), clock_(clock), service_(service), options_(options), wake_(executor) {}

engine::awaitable<engine::Outcome> WaitingRoom::wait_for(TakenTask task,
                                                         engine::ProgressSink& progress) {
    auto early = take_early(task.id);
    if (early) co_return std::move(*early);
    Guest guest(*this, std::move(task), progress);
    while (!guest.word) co_await guest.told.wait();
    co_return std::move(*guest.word);
}

void WaitingRoom::let_in(Guest& guest) {
    guest.since = clock_.now();
    guest.due = guest.since + first_look(usual_, options_.told);
    by_id_.emplace(guest.task.id, &guest);
    desks_[guest.task.account].by_due.emplace(guest.due, &guest);
    guest.place = by_age_.insert(by_age_.end(), &guest);
    if (next_turn() < asleep_until_) wake_.wake_all();
}

void WaitingRoom::let_go(Guest& guest) {
    auto const [first, last] = by_id_.equal_range(guest.task.id);
    auto const self =
        std::find_if(first, last, [&guest](auto const& entry) { return entry.second == &guest; });
    by_id_.erase(self);
    desks_[guest.task.account].by_due.erase({guest.due, &guest});
    by_age_.erase(guest.place);
}

void WaitingRoom::finish(Guest& guest, engine::Outcome outcome) {
    let_go(guest);
    guest.word = std::move(outcome);
    guest.told.wake_all();
}

void WaitingRoom::give_up(Guest& guest, std::string code, std::string message) {
    engine::Problem problem;
    problem.verdict = engine::Verdict::unknown;
    problem.code = std::move(code);
    problem.message = std::move(message);
    problem.task_id = guest.task.id;
    finish(guest, std::move(problem));
}

std::vector<WaitingRoom::Guest*> WaitingRoom::guests_of(std::string const& task_id) const {
    std::vector<Guest*> guests;
    auto const [first, last] = by_id_.equal_range(task_id);
    for (auto entry = first; entry != last; ++entry) guests.push_back(entry->second);
    return guests;
}

/// A callback may overtake the answer to the request that it is about.
std::optional<engine::Outcome> WaitingRoom::take_early(std::string const& task_id) {
    auto const found = std::find_if(early_.begin(), early_.end(), [&task_id](Word const& word) {
        return word.task_id == task_id;
    });
    if (found == early_.end()) return std::nullopt;
    auto outcome = std::move(found->outcome);
    early_.erase(found);
    return outcome;
}

void WaitingRoom::hear(Word word) {
    auto const guests = guests_of(word.task_id);
    for (auto* guest : guests) {
        if (word.percent && *word.percent > guest->percent) {
            guest->percent = *word.percent;
            guest->progress.on_percent(guest->percent);
        }
        if (!word.outcome) continue;
        usual_ = (usual_ * 7 + (clock_.now() - guest->since)) / (usual_ > Duration() ? 8 : 1);
        finish(*guest, *word.outcome);
    }
    if (!guests.empty() || !word.outcome) return;
    if (early_.size() == early_max) early_.pop_front(); // asking will find that one
    early_.push_back(std::move(word));
}

engine::awaitable<void> WaitingRoom::run() {
    for (;;) {
        show_out_the_late();
        while (by_age_.empty()) co_await wake_.wait();
        asleep_until_ = next_turn();
        if (asleep_until_ > clock_.now()) {
            Time const until = asleep_until_;
            co_await in_time(clock_, until, woken(wake_));
        }
        asleep_until_ = Time::max();
        auto account = next_account();
        if (account && turn_of(*account) <= clock_.now()) co_await ask(std::move(*account));
    }
}

void WaitingRoom::show_out_the_late() {
    while (!by_age_.empty() && clock_.now() - by_age_.front()->since >= options_.total)
        give_up(*by_age_.front(), "timed_out",
                "the task was taken and has not ended in the time of service.timeouts.total");
}

/// Of an account for which somebody waits.
Time WaitingRoom::turn_of(std::string const& account) const {
    auto const& desk = desks_.at(account);
    Time const turn = std::max(desk.by_due.begin()->first, desk.next_ask);
    return options_.free_at ? std::max(turn, options_.free_at(account)) : turn;
}

/// The one whose turn comes first; none when nobody waits.
std::optional<std::string> WaitingRoom::next_account() const {
    std::optional<std::string> first;
    Time earliest = Time::max();
    for (auto const& [account, desk] : desks_) {
        if (desk.by_due.empty()) continue;
        auto const turn = turn_of(account);
        if (turn >= earliest) continue;
        earliest = turn;
        first = account;
    }
    return first;
}

Time WaitingRoom::next_turn() const {
    Time const ask_at = turn_of(next_account().value());
    return std::min(ask_at, by_age_.front()->since + options_.total);
}

/// The ones that have waited longest for their turn, as many as there is room for.
engine::TaskQuery WaitingRoom::query_of(std::string const& account) const {
    engine::TaskQuery query;
    query.account = account;
    for (auto const& [due, guest] : desks_.at(account).by_due) {
        if (query.ids.size() == ids_per_request) break;
        query.ids.push_back(guest->task.id);
    }
    return query;
}

engine::awaitable<void> WaitingRoom::ask(std::string account) {
    auto const query = query_of(account);
    auto copy = query;
    Answered const answered = co_await service_.look_up(std::move(copy));
    if (auto const* page = std::get_if<engine::TaskPage>(&answered))
        take_page(query, *page);
    else
        take_trouble(query, std::get<engine::Problem>(answered));
}

void WaitingRoom::take_page(engine::TaskQuery const& asked, engine::TaskPage const& page) {
    auto& desk = desks_[asked.account];
    desk.failures = 0;
    desk.next_ask = clock_.now() + options_.pace;
    std::set<std::string_view> shown;
    for (auto const& record : page.tasks) {
        shown.insert(record.task_id);
        auto const guests = guests_of(record.task_id);
        if (record.outcome && !guests.empty()) hear({record.task_id, 100, record.outcome});
    }
    for (auto const& id : asked.ids) {
        for (auto* guest : guests_of(id)) {
            ask_later(*guest);
            if (shown.contains(id)) {
                guest->absent_since.reset();
                continue;
            }
            if (!guest->absent_since) guest->absent_since = clock_.now();
            if (clock_.now() - *guest->absent_since >= options_.absent_max)
                give_up(*guest, "not_found",
                        "the task was taken, and the service does not show it");
        }
    }
}

void WaitingRoom::take_trouble(engine::TaskQuery const& asked, engine::Problem const& problem) {
    auto& desk = desks_[asked.account];
    desk.failures = std::min(desk.failures + 1, failures_max);
    Duration const hint = std::min(problem.retry_after.value_or(Duration()), hint_max);
    desk.next_ask = clock_.now() + std::max(options_.pace * (1 << desk.failures), hint);
    bool const refused =
        problem.verdict == engine::Verdict::refused || problem.verdict == engine::Verdict::empty;
    if (!refused) return;
    for (auto const& id : asked.ids) {
        for (auto* guest : guests_of(id))
            give_up(*guest, problem.code,
                    "the task was taken and cannot be asked for: " + problem.message);
    }
}

void WaitingRoom::ask_later(Guest& guest) {
    auto& by_due = desks_[guest.task.account].by_due;
    by_due.erase({guest.due, &guest});
    guest.due = clock_.now() + next_look(clock_.now() - guest.since, options_.told);
    by_due.emplace(guest.due, &guest);
}

} // namespace darkroom::provider
