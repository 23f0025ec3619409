#include "runner/studio/tasks/task.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace darkroom::studio {

namespace {

constexpr std::array<std::string_view, task_kinds> kind_names{
    "imagine", "edits", "videos", "describe", "translate", "shorten", "seed"};

double unix_seconds(WallTime time) {
    return static_cast<double>(time.time_since_epoch().count()) / 1000.0;
}

bool matches(Task const& task, TaskFilter const& filter) {
    if (!belongs_to(task, filter.payer)) return false;
    auto const created = unix_seconds(task.created_at);
    if (!filter.type.empty() && filter.type != name_of(task.kind)) return false;
    if (filter.created_at_min && created < *filter.created_at_min) return false;
    if (filter.created_at_max && created > *filter.created_at_max) return false;
    return !filter.hidden || !filter.hidden(task);
}

bool shows_all(TaskFilter const& filter) {
    bool const is_dated = filter.created_at_min || filter.created_at_max;
    return filter.payer.empty() && filter.type.empty() && !is_dated && !filter.hidden &&
           filter.newest == SIZE_MAX;
}

} // namespace

std::string_view name_of(TaskKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<TaskKind> task_kind_of(std::string_view name) {
    auto const* const found = std::find(kind_names.begin(), kind_names.end(), name);
    if (found == kind_names.end()) return std::nullopt;
    return static_cast<TaskKind>(found - kind_names.begin());
}

bool belongs_to(Task const& task, std::string_view payer) {
    return payer.empty() || task.payer.empty() || task.payer == payer;
}

void TaskBook::add(TaskPtr task) {
    auto const bytes = json::write(task->request).size();
    bytes_ += bytes;
    by_id_[task->id] = task;
    by_trace_[task->trace_id] = task;
    tasks_.push_back({std::move(task), bytes});
    auto const too_much = [&] {
        return tasks_.size() > limits_.tasks || bytes_ > limits_.body_bytes;
    };
    while (too_much() && tasks_.front().task->ended()) forget_oldest();
}

void TaskBook::forget_oldest() {
    auto const oldest = std::move(tasks_.front());
    tasks_.pop_front();
    bytes_ -= oldest.bytes;
    by_id_.erase(oldest.task->id);
    by_trace_.erase(oldest.task->trace_id);
    if (oldest.task->succeeded() && !oldest.task->steps.empty())
        by_image_.erase(oldest.task->final_image_id());
}

void TaskBook::finish_image(TaskPtr const& task) { by_image_[task->final_image_id()] = task; }

TaskPtr TaskBook::look_up(Index const& index, std::string const& key) {
    auto const found = index.find(key);
    return found == index.end() ? nullptr : found->second;
}

TaskPtr TaskBook::find(std::string const& task_id) const { return look_up(by_id_, task_id); }
TaskPtr TaskBook::find_trace(std::string const& trace_id) const {
    return look_up(by_trace_, trace_id);
}
TaskPtr TaskBook::find_image(std::string const& image_id) const {
    return look_up(by_image_, image_id);
}

TaskPage TaskBook::list(TaskFilter const& filter) const {
    if (filter.order != ListOrder::newest_first) return disordered(filter);
    if (shows_all(filter)) return page_of_all(filter);
    TaskPage page;
    for (auto entry = tasks_.rbegin(); entry != tasks_.rend(); ++entry) {
        if (page.count == filter.newest) break;
        if (!matches(*entry->task, filter)) continue;
        bool const on_page = page.count >= filter.offset && page.items.size() < filter.limit;
        if (on_page) page.items.push_back(entry->task);
        ++page.count;
    }
    return page;
}

/// Does not look at the tasks before the page: a client reads a long list page by page.
TaskPage TaskBook::page_of_all(TaskFilter const& filter) const {
    TaskPage page;
    page.count = tasks_.size();
    auto const first = std::min(filter.offset, tasks_.size());
    auto const last = std::min(filter.limit, tasks_.size() - first) + first;
    for (auto i = first; i < last; ++i) page.items.push_back(tasks_[tasks_.size() - 1 - i].task);
    return page;
}

/// Returns a page of all that match, in another order than that of their times.
TaskPage TaskBook::disordered(TaskFilter filter) const {
    auto const order = std::exchange(filter.order, ListOrder::newest_first);
    auto const offset = std::exchange(filter.offset, 0);
    auto const limit = std::exchange(filter.limit, tasks_.size());
    auto page = list(filter);
    auto& items = page.items;
    if (order == ListOrder::oldest_first)
        std::reverse(items.begin(), items.end());
    else // ids are random
        std::sort(items.begin(), items.end(),
                  [](TaskPtr const& a, TaskPtr const& b) { return a->id < b->id; });
    auto const first = std::min(offset, items.size());
    auto const last = std::min(limit, items.size() - first) + first;
    page.items = {items.begin() + static_cast<std::ptrdiff_t>(first),
                  items.begin() + static_cast<std::ptrdiff_t>(last)};
    return page;
}

} // namespace darkroom::studio
