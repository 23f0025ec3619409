#include "runner/engine/step_run.hpp"

#include <algorithm>
#include <array>

namespace darkroom::engine {

namespace {

std::string_view endpoint_of(StepInfo const& info) {
    return info.service->endpoint_of(info.action).path;
}

/// Returns whether a request without an answer may still be on its way: in the queue of a gateway,
/// or in our own network.
bool may_wait(Problem const& problem) {
    constexpr std::array slow_statuses{408, 499, 504, 524};
    constexpr std::array<std::string_view, 3> quick_ends{"connection_reset", "connection_closed",
                                                         "bad_answer"};
    if (problem.status != 0)
        return std::find(slow_statuses.begin(), slow_statuses.end(), problem.status) !=
               slow_statuses.end();
    return std::find(quick_ends.begin(), quick_ends.end(), problem.code) == quick_ends.end();
}

} // namespace

Submission submission_of(StepRun const& run) {
    return {run.step.request.endpoint, json::write(body_of(run.step, run.above())),
            run.state.account, run.state.tag};
}

RequestMarks marks_of_step(StepState const& state) {
    auto const body = json::read(state.info.request);
    return marks_of_sent(*state.info.service, endpoint_of(state.info),
                         body ? *body : json::Value());
}

Digest request_digest(StepInfo const& info) {
    StepState state;
    state.info = info;
    return sha256(key_of(marks_of_step(state)));
}

LostRequest lost_request(Digest const& step, StepState const& state) {
    LostRequest lost;
    lost.step = step;
    lost.marks = marks_of_step(state);
    lost.key = key_of(lost.marks);
    lost.kind = kind_of_request(lost.marks);
    lost.tag = state.tag;
    lost.account = state.account;
    lost.identity = state.identity;
    lost.order = {state.order, state.order};
    lost.sent_at = state.submitted_at;
    lost.service_ahead = state.service_ahead;
    if (state.phase == Phase::finished) lost.answered_at = state.finished_at;
    bool const is_crash = state.lost_at == WallTime();
    lost.may_wait = is_crash || may_wait(state.problem);
    return lost;
}

KnownTask known_task(Digest const& step, StepState const& state, WallTime named_at) {
    KnownTask task;
    task.task_id = state.task_id;
    task.step = step;
    task.identity = state.identity;
    task.account = state.account;
    task.service = state.info.service;
    task.endpoint = endpoint_of(state.info);
    task.request = state.info.request;
    task.order = state.order;
    task.sent_at = state.submitted_at;
    task.named_at = named_at;
    task.by_search = state.by_search;
    return task;
}

} // namespace darkroom::engine
