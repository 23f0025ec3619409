#include "runner/engine/late_words.hpp"

#include <utility>

namespace darkroom::engine {

LateWords::LateWords(KnownTasks& known, Journal& journal, LateWordsParts parts)
    : journal_(journal), parts_(parts) {
    known.set_on_late_success([this](Digest const& step, LateAnswer late) {
        parts_.steps.spawn(take_success(step, std::move(late)));
    });
    known.set_on_named([this](LostRequest request, std::string task_id) {
        parts_.steps.spawn(take_name(std::move(request), std::move(task_id)));
    });
}

StepRun LateWords::run_of(Digest const& key) const {
    StepRun run;
    run.key = key;
    run.state = journal_.find(key).value_or(StepState());
    run.step.download = run.state.info.download;
    return run;
}

/// The service has taken back that an attempt had failed. If no other one is under way, the step is
/// paid by it; else it is paid twice.
awaitable<void> LateWords::take_success(Digest key, LateAnswer late) {
    auto const running = parts_.running.find(key);
    if (running != parts_.running.end() && running->second->state.phase == Phase::wanted) {
        running->second->late_answer =
            std::make_unique<LateAnswer>(std::move(late)); // seen before its next attempt
        co_return;
    }
    while (parts_.active.contains(key)) co_await parts_.active.until_ended(key);
    StepLock const lock(parts_.active, key);
    StepRun run = run_of(key);
    run.late_answer = std::make_unique<LateAnswer>(std::move(late));
    if (run.state.phase == Phase::finished || run.state.phase == Phase::open)
        co_return co_await parts_.settlement.charge_again(run);
    bool const was_given_up = run.state.phase == Phase::failed;
    co_await parts_.settlement.settle_late(run);
    auto outcome = StepOutcome::delivered;
    if (run.step.download) outcome = co_await parts_.delivery.deliver(run);
    // It counts as failed; it stays so where steps below were skipped, which the next run makes.
    auto& tally = parts_.tally;
    bool const is_mended = was_given_up && outcome == StepOutcome::delivered;
    if (!is_mended || tally.skipped > 0 || tally.failed == 0) co_return;
    --tally.failed;
    ++tally.done;
}

/// The name makes the task a witness for other requests, in later runs as well.
awaitable<void> LateWords::take_name(LostRequest request, std::string task_id) {
    while (parts_.active.contains(request.step)) co_await parts_.active.until_ended(request.step);
    StepLock const lock(parts_.active, request.step);
    StepRun run = run_of(request.step);
    bool const is_unnamed = run.state.phase == Phase::finished && run.state.task_id.empty();
    if (!is_unnamed) co_return;
    Accepted named;
    named.task_id = std::move(task_id);
    named.by_search = true;
    named.order = request.order.exact();
    co_await parts_.log.record(run, std::move(named));
}

} // namespace darkroom::engine
