#include "runner/engine/known_tasks.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace darkroom::engine {

bool KnownTasks::has_owner(std::string const& task_id) const {
    return book_.find(task_id) != nullptr || claimed_.contains(task_id) ||
           foreign_.contains(task_id) || (is_claimed_ && is_claimed_(task_id));
}

void KnownTasks::note_success(Answer const& answer) {
    auto const* task = book_.find(answer.task_id);
    if (task == nullptr || !task->has_failed || !on_late_success_) return;
    auto const step = task->step;
    LateAnswer late{answer, std::string(task->account)};
    book_.unmark_failed(answer.task_id); // once
    on_late_success_(step, std::move(late));
}

void KnownTasks::note_failure(std::string const& task_id, std::string const& account) {
    constexpr std::size_t asked_max = 1000; // again, when the run ends
    book_.mark_failed(task_id);
    if (failed_.size() < asked_max) failed_.push_back({task_id, account});
}

void KnownTasks::begin_unnamed(UnnamedRequest const& request) {
    unnamed_.emplace(request.key, request.sent_at);
}

void KnownTasks::end_unnamed(UnnamedRequest const& request) {
    auto const [first, last] = unnamed_.equal_range(request.key);
    auto const found = std::find_if(
        first, last, [&request](auto const& entry) { return entry.second == request.sent_at; });
    assert(found != last);
    unnamed_.erase(found);
}

void KnownTasks::note_answered(LostRequest request) {
    constexpr std::size_t kept_max = 200; // of earlier ones the records are older than any search
    answered_.push_back(std::move(request));
    if (answered_.size() > kept_max) answered_.pop_front();
}

void KnownTasks::note_earlier(KnownTask const& task, Time now) {
    note_task(task);
    if (!task.by_search) return;
    auto const body = json::read(task.request);
    auto const marks = marks_of_sent(*task.service, task.endpoint, body ? *body : json::Value());
    LostRequest lost;
    lost.step = task.step;
    lost.key = key_of(marks);
    lost.kind = kind_of_request(marks);
    lost.account = task.account;
    lost.identity = task.identity;
    lost.order = {task.order, task.order};
    lost.sent_at = task.sent_at;
    lost.answered_at = task.named_at;
    lost.may_wait = true; // how it was lost is not known here
    note_found({std::move(lost), now});
}

void KnownTasks::note_found(FoundRequest found) {
    constexpr std::size_t kept_max = 10'000; // of earlier ones, equal requests are long decided
    found.lost.marks = RequestMarks();
    found_.push_back(std::move(found));
    if (found_.size() > kept_max) found_.pop_front();
}

void KnownTasks::name(LostRequest const& request, std::string const& task_id) {
    BookedTask task;
    task.step = request.step;
    task.identity = request.identity;
    task.account = request.account;
    task.kind = request.kind;
    task.marks = digests_of(request.marks);
    task.order = request.order.exact();
    task.sent_at = request.sent_at;
    book_.add(task_id, task);
    LostRequest named = request;
    std::erase_if(answered_, [&](LostRequest const& other) { return other.step == named.step; });
    if (on_named_) on_named_(std::move(named), task_id);
}

Listing KnownTasks::begin_listing() const {
    return {book_, [this](std::string const& task_id) { return has_owner(task_id); }};
}

SearchContext KnownTasks::context(std::string const& account) const {
    SearchContext context;
    context.has_owner = [this](std::string const& task_id) { return has_owner(task_id); };
    for (auto const& [key, sent_at] : unnamed_) context.unnamed.push_back({key, sent_at});
    auto const is_its = [&](LostRequest const& request) { return request.account == account; };
    std::copy_if(answered_.begin(), answered_.end(), std::back_inserter(context.answered), is_its);
    return context;
}

} // namespace darkroom::engine
