#include "runner/engine/step_run.hpp"

namespace darkroom::engine {

namespace {

std::string_view endpoint_of(StepInfo const& info) {
    return info.service->endpoint_of(info.action).path;
}

} // namespace

RequestMarks marks_of_step(StepState const& state) {
    auto const body = json::read(state.info.request);
    return marks_of_sent(*state.info.service, endpoint_of(state.info),
                         body ? *body : json::Value());
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
    return task;
}

} // namespace darkroom::engine
