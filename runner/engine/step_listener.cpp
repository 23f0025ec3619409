#include "runner/engine/step_listener.hpp"

#include <utility>

namespace darkroom::engine {

StepListener::StepListener(Ports const& ports, ListenerParts parts, StepRun& run)
    : ports_(ports), parts_(parts),
      run_(run), unnamed_{key_of(marks_of_step(run.state)), ports.clock.wall()} {
    parts_.follower.known().begin_unnamed(unnamed_);
}

StepListener::~StepListener() { end_unnamed(); }

bool StepListener::on_sending() {
    if (!parts_.ledger.may_send(run_.key)) return false;
    run_.state.order = parts_.marks.mark(run_.state.attempt);
    run_.sent_at = ports_.clock.now();
    return true;
}

void StepListener::on_task(std::string const& task_id) {
    if (task_id.empty() || task_id == run_.state.task_id) return;
    if (is_anothers(task_id)) {
        anothers_ = task_id;
        return;
    }
    Accepted named;
    named.task_id = task_id;
    named.order = run_.state.order;
    Event const event{run_.key, ports_.clock.wall(), named};
    ports_.journal.note(event);
    parts_.ledger.name(run_.key, task_id);
    run_.state.apply(event);
    ports_.observer.on_event(event, run_.state);
    parts_.follower.known().note_task(known_task(run_.key, run_.state, event.at));
    parts_.admission.on_word(run_.state.account);
    end_unnamed();
}

bool StepListener::is_anothers(std::string const& task_id) const {
    if (task_id.empty() || task_id == run_.state.task_id) return false;
    auto const owner = ports_.journal.step_of(task_id);
    if (!owner || *owner == run_.key) return false;
    auto const state = ports_.journal.find(*owner);
    return state && state->task_id == task_id; // else it had that task once
}

/// A failing answer may name a task as well, which may yet succeed.
void StepListener::take(SubmitResult& result) {
    auto const task_id = std::visit([](auto const& one) { return one.task_id; }, result);
    if (auto doubt = doubt_about(task_id))
        result = std::move(*doubt);
    else
        on_task(task_id);
}

std::optional<Problem> StepListener::doubt_about(std::string const& task_id) const {
    auto const& anothers = is_anothers(task_id) ? task_id : anothers_;
    if (anothers.empty()) return std::nullopt;
    Problem problem;
    problem.verdict = Verdict::unknown;
    problem.code = "task_of_another_step";
    problem.message = "the answer names the task " + anothers + ", which another step has";
    return problem;
}

void StepListener::on_percent(int percent) { ports_.observer.on_progress(run_.key, percent); }

void StepListener::on_preview(std::string const& url) { ports_.observer.on_preview(run_.key, url); }

/// From the moment the journal knows the task, nobody else can take it for his.
void StepListener::end_unnamed() {
    if (std::exchange(is_unnamed_, false)) parts_.follower.known().end_unnamed(unnamed_);
}

} // namespace darkroom::engine
