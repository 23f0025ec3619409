#include "runner/engine/task_waiter.hpp"

#include <cassert>

namespace darkroom::engine {

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

Time WaiterQueue::next_search() const {
    return searches_.empty() ? Time::max() : searches_.begin()->first.first;
}

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

std::vector<TaskWaiter*> WaiterQueue::searches_since(Time now) const {
    std::vector<TaskWaiter*> waiters;
    for (auto* waiter : by_age_) {
        bool const searches = waiter->kind == TaskWaiter::Kind::search;
        if (searches && waiter->since <= now) waiters.push_back(waiter);
    }
    return waiters;
}

} // namespace darkroom::engine
