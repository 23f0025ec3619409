#include "runner/studio/tasks/task_runner.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/gate.hpp"
#include "runner/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

/// Progress of the previews, as at the real service: after the first third, then late.
constexpr std::array previews{31, 78};

/// Returns the time of a task in hundredths of a generation's, as far as published: an upscale is
/// faster, turbo takes half (15 s against 29 s), an edit or a clip is slower, a text is fast.
int hundredths_of(Task const& task) {
    switch (task.kind) {
    case TaskKind::imagine: return task.action.find("upscale") != std::string::npos ? 60 : 100;
    case TaskKind::edits: return 150;
    case TaskKind::videos: return 200;
    case TaskKind::describe: return 30;
    case TaskKind::shorten: return 20;
    case TaskKind::translate: return 10;
    case TaskKind::seed: return 0;
    }
    return 100;
}

Duration time_for(ServerOptions const& options, Task const& task) {
    auto const time = options.latency / 100 * hundredths_of(task);
    if (task.mode == "turbo") return time / 2;
    return task.mode == "relax" ? time * 2 : time;
}

Duration divided(Duration time, double speed) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(time) /
                                                speed);
}

std::uint64_t leading_bits(Digest const& digest) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | digest[i];
    return bits;
}

} // namespace

std::uint64_t lineage_of(std::uint64_t parent, std::string_view asked) {
    return leading_bits(sha256(fmt::format("{:016x}|{}", parent, asked)));
}

TaskRunner::TaskRunner(ServerState& state)
    : state_(state), accounts_(state.executor, state.clock, state.options.accounts),
      group_(state.executor) {}

std::uint32_t TaskRunner::picture_seed(std::uint64_t lineage) {
    // Clearing it only makes repeats that are far apart alike.
    if (repeats_.size() > state_.options.tasks_kept) repeats_.clear();
    auto const earlier = repeats_[lineage]++;
    // As many bits as `--seed` takes, so that /midjourney/seed can return it.
    return static_cast<std::uint32_t>(lineage_of(state_.options.seed + earlier, "picture") >> 32);
}

Checked<TaskPtr> TaskRunner::start(TaskPtr task) {
    task->id = state_.ids.uuid();
    task->created_at = state_.clock.wall();
    task->changed = std::make_shared<Gate>(state_.executor);
    if (state_.archive != nullptr) {
        auto const kept = state_.archive->accepted(*task);
        if (!kept) return ApiError{500, "api_error", kept.error().message()};
    }
    state_.tasks.add(task);
    state_.ledger.accepted(task->id, task->request);
    group_.spawn(work(task, Duration::zero()));
    return task;
}

void TaskRunner::resume(TaskPtr task) {
    ++repeats_[task->lineage]; // the next such request is a repeat, as it was before
    state_.tasks.add(task);
    state_.ledger.accepted(task->id, task->request);
    state_.allowances.restore(task->payer, !task->ended(), task->succeeded());
    if (!task->ended()) {
        task->changed = std::make_shared<Gate>(state_.executor);
        Duration const done = state_.clock.wall() - task->created_at;
        group_.spawn(work(task, std::max(done, Duration::zero())));
        return;
    }
    state_.ledger.assigned(task->id, task->account);
    if (task->failure) return state_.ledger.failed(task->id);
    if (!task->steps.empty()) state_.tasks.finish_image(task);
    state_.ledger.charged(task->id);
}

asio::awaitable<void> TaskRunner::work(TaskPtr task, Duration done) {
    if (!task->fails_at_once) co_await draw(task, done);
    end(task);
}

asio::awaitable<void> TaskRunner::draw(TaskPtr task, Duration done) {
    auto const permit = co_await accounts_.acquire(task->owner);
    task->account = permit.account();
    state_.ledger.assigned(task->id, task->account);
    auto const begin = state_.clock.now() - done;
    auto const total = divided(time_for(state_.options, *task), permit.speed());
    task->started_at = state_.clock.wall();
    if (draws(task->kind)) {
        for (int const progress : previews) {
            co_await state_.clock.sleep_until(begin + total / 100 * progress);
            show(*task, progress);
        }
    }
    if (total > Duration::zero()) co_await state_.clock.sleep_until(begin + total);
}

void TaskRunner::show(Task& task, int progress) {
    task.steps.push_back({progress, state_.ids.image_id(state_.clock.wall())});
    task.changed->wake_all();
}

void TaskRunner::end(TaskPtr const& task) {
    task->finished_at = state_.clock.wall();
    if (!task->started_at) task->started_at = task->finished_at;
    task->failure = std::move(task->planned_failure);
    task->planned_failure.reset();
    if (task->failure) {
        state_.ledger.failed(task->id);
    } else {
        if (draws(task->kind)) {
            show(*task, 100);
            state_.tasks.finish_image(task);
        }
        state_.ledger.charged(task->id);
    }
    state_.allowances.end(task->payer, !task->failure);
    if (state_.archive != nullptr) state_.archive->ended(*task);
    auto const changed = std::exchange(task->changed, nullptr);
    changed->wake_all();
}

asio::awaitable<bool> next_step(TaskPtr task, std::size_t seen) {
    while (!task->ended() && task->steps.size() <= seen) {
        auto const changed = task->changed;
        co_await changed->wait();
    }
    co_return true;
}

asio::awaitable<bool> step_before(Clock& clock, Time when, TaskPtr task, std::size_t seen) {
    try {
        auto step = next_step(std::move(task), seen);
        bool const moved = co_await with_deadline(clock, when, std::move(step));
        co_return moved;
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
    co_return false;
}

} // namespace darkroom::studio
