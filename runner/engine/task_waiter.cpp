#include "runner/engine/task_waiter.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace darkroom::engine {

bool may_yet_succeed(Outcome const& outcome) {
    auto const* problem = std::get_if<Problem>(&outcome);
    return problem != nullptr && problem->verdict == Verdict::unknown;
}

bool is_acknowledged(TaskWaiter const& waiter) {
    return waiter.kind == TaskWaiter::Kind::acknowledged;
}

void finish(TaskWaiter& waiter, Found found) {
    waiter.queue->remove(waiter);
    waiter.found = std::move(found);
    waiter.ended.wake_all();
}

void show_percent(TaskWaiter& waiter, int percent) {
    if (percent <= waiter.percent) return;
    waiter.percent = percent;
    waiter.progress->on_percent(percent);
}

void give_up(TaskWaiter& waiter, std::string code, std::string message) {
    Found found;
    if (waiter.kind == TaskWaiter::Kind::search) found.doubt = waiter.doubt;
    if (is_acknowledged(waiter)) {
        Problem problem;
        problem.verdict = Verdict::unknown;
        problem.code = std::move(code);
        problem.message = std::move(message);
        problem.task_id = waiter.task_id;
        found.record.outcome = std::move(problem);
    } else if (waiter.timed_out) {
        found = {Found::What::record, *waiter.timed_out, {}, {}};
    }
    finish(waiter, std::move(found));
}

/// A service may list late, and a page may be shorter than was asked for: what a page of several
/// leaves out is asked for alone, now and then. Only a fresh link is given up for an absence.
void note_absence(TaskWaiter& waiter, bool asked_alone, Time now, Duration settle) {
    constexpr int alone_every = 4;
    bool const was_alone = std::exchange(waiter.asks_alone, false);
    if (!waiter.absent_since) waiter.absent_since = now;
    if (!asked_alone && !was_alone && waiter.absences++ % alone_every == 0) {
        waiter.asks_alone = true;
        return waiter.queue->ask_again_at(waiter, now);
    }
    bool const is_over = now - *waiter.absent_since >= settle;
    if (waiter.kind == TaskWaiter::Kind::renewal && asked_alone && is_over)
        finish(waiter, {Found::What::absent, {}, {}, {}});
}

WaiterIndex::Entry::Entry(WaiterIndex& index, TaskWaiter& waiter) : index_(index), waiter_(waiter) {
    if (!waiter.task_id.empty()) index_.waiters_.emplace(waiter.task_id, &waiter);
}

WaiterIndex::Entry::~Entry() {
    if (waiter_.queue != nullptr) waiter_.queue->remove(waiter_);
    if (waiter_.task_id.empty()) return;
    auto const [first, last] = index_.waiters_.equal_range(waiter_.task_id);
    auto const self =
        std::find_if(first, last, [this](auto const& entry) { return entry.second == &waiter_; });
    assert(self != last);
    index_.waiters_.erase(self);
}

std::vector<TaskWaiter*> WaiterIndex::of(std::string const& task_id) const {
    std::vector<TaskWaiter*> waiting;
    auto const [first, last] = waiters_.equal_range(task_id);
    for (auto entry = first; entry != last; ++entry) {
        if (!entry->second->found) waiting.push_back(entry->second);
    }
    return waiting;
}

WaiterQueue::ByDue& WaiterQueue::queue_of(TaskWaiter const& waiter) {
    return waiter.kind == TaskWaiter::Kind::search ? searches_ : ids_;
}

void WaiterQueue::add(TaskWaiter& waiter, Time now, Time due) {
    assert(waiter.queue == nullptr && due >= now);
    waiter.queue = this;
    waiter.since = now;
    waiter.due = {due, arrivals_++};
    waiter.position = by_age_.insert(by_age_.end(), &waiter);
    queue_of(waiter).emplace(waiter.due, &waiter);
}

void WaiterQueue::remove(TaskWaiter& waiter) {
    assert(waiter.queue == this);
    waiter.queue = nullptr;
    [[maybe_unused]] auto const removed = queue_of(waiter).erase(waiter.due);
    assert(removed == 1);
    by_age_.erase(waiter.position);
}

void WaiterQueue::ask_again_at(TaskWaiter& waiter, Time due) {
    auto& queue = queue_of(waiter);
    auto entry = queue.extract(waiter.due);
    assert(entry);
    waiter.due.first = due;
    entry.key() = waiter.due;
    queue.insert(std::move(entry));
}

Time WaiterQueue::next_id() const { return ids_.empty() ? Time::max() : ids_.begin()->first.first; }

std::vector<std::string> WaiterQueue::next_ids(std::size_t max) const {
    std::vector<std::string> ids;
    for (auto const& [due, waiter] : ids_) {
        if (ids.size() == max) break;
        if (waiter->asks_alone && !ids.empty()) continue;
        ids.push_back(waiter->task_id);
        if (waiter->asks_alone) break;
    }
    return ids;
}

std::vector<TaskWaiter*> WaiterQueue::searches() const {
    std::vector<TaskWaiter*> waiters;
    for (auto const& [due, waiter] : searches_) waiters.push_back(waiter);
    return waiters;
}

} // namespace darkroom::engine
