#include "runner/engine/task_book.hpp"

#include <utility>

namespace darkroom::engine {

std::string kind_of_request(RequestMarks const& marks) {
    auto const action = marks.is_usual_action ? std::string() : marks.action.value_or("");
    return marks.endpoint.value_or("") + '\n' + action + '\n' + marks.mode;
}

void TaskBook::add(KnownTask const& task) {
    if (tasks_.contains(task.task_id)) return;
    auto const body = json::read(task.request);
    auto const marks = marks_of_sent(*task.service, task.endpoint, body ? *body : json::Value());
    BookedTask booked;
    auto const kind = kind_of_request(marks);
    booked.step = task.step;
    booked.identity = task.identity;
    booked.account = task.account;
    booked.kind = kind;
    booked.marks = digests_of(marks);
    booked.order = task.order;
    booked.sent_at = task.sent_at;
    add(task.task_id, booked);
}

void TaskBook::add(std::string const& task_id, BookedTask task) {
    if (tasks_.contains(task_id)) return;
    task.identity = shared(std::string(task.identity));
    task.account = shared(std::string(task.account));
    task.kind = shared(std::string(task.kind));
    auto& entry = *tasks_.emplace(task_id, task).first;
    by_age_.push_back(&entry);
    bool const is_placed = task.order != 0 && by_order_.emplace(task.order, &entry).second;
    if (!is_placed) entry.second.order = 0; // another has this place
    if (by_age_.size() <= tasks_max) return;
    auto const* oldest = by_age_.front();
    by_age_.pop_front();
    by_order_.erase(oldest->second.order);
    tasks_.erase(std::string(oldest->first));
}

BookedTask const* TaskBook::find(std::string const& task_id) const {
    auto const found = tasks_.find(task_id);
    return found == tasks_.end() ? nullptr : &found->second;
}

void TaskBook::unmark_failed(std::string const& task_id) {
    auto const found = tasks_.find(task_id);
    if (found != tasks_.end()) found->second.has_failed = false;
}

void TaskBook::mark_failed(std::string const& task_id) {
    auto const found = tasks_.find(task_id);
    if (found != tasks_.end()) found->second.has_failed = true;
}

} // namespace darkroom::engine
