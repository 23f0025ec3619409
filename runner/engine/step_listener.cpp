#include "runner/engine/step_listener.hpp"

#include <utility>

namespace darkroom::engine {

StepListener::StepListener(Ports const& ports, TaskFollower& follower, StepRun& run)
    : ports_(ports), follower_(follower), run_(run) {
    follower_.begin_unnamed(run_.state.info.request);
}

StepListener::~StepListener() { end_unnamed(); }

void StepListener::on_task(std::string const& task_id) {
    if (task_id == run_.state.task_id) return;
    Event const event{run_.key, ports_.clock.wall(), Accepted{task_id, false}};
    ports_.journal.note(event);
    run_.state.apply(event);
    ports_.observer.on_event(event, run_.state);
    end_unnamed();
}

void StepListener::on_percent(int percent) { ports_.observer.on_progress(run_.key, percent); }

/// From the moment the journal knows the task, nobody else can take it for his.
void StepListener::end_unnamed() {
    if (!std::exchange(is_unnamed_, false)) return;
    follower_.end_unnamed(run_.state.info.request);
}

} // namespace darkroom::engine
