#include "runner/studio/tasks/task.hpp"

#include <algorithm>
#include <array>

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
    return !filter.created_at_max || created <= *filter.created_at_max;
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
    TaskPage page;
    for (auto entry = tasks_.rbegin(); entry != tasks_.rend(); ++entry) {
        if (!matches(*entry->task, filter)) continue;
        bool const on_page = page.count >= filter.offset && page.items.size() < filter.limit;
        if (on_page) page.items.push_back(entry->task);
        ++page.count;
    }
    return page;
}

} // namespace darkroom::studio
