#include "runner/studio/tasks/task_runner.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

/// When previews are shown, as at the real service: the drawing's first third, then late.
constexpr std::array previews{31, 78};

/// Hundredths of a generation's time, as far as published: an upscale is quicker, turbo takes half
/// (15 s against 29 s), an edit or a clip is slower, what draws nothing is quick.
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

Workshop::Workshop(Premises& premises)
    : premises_(premises), accounts_(premises.executor, premises.clock, premises.options.accounts),
      group_(premises.executor) {}

std::uint32_t Workshop::picture_seed(std::uint64_t lineage) {
    // Forgetting all at once only makes far-apart repeats alike.
    if (repeats_.size() > premises_.options.tasks_kept) repeats_.clear();
    auto const earlier = repeats_[lineage]++;
    // As many bits as `--seed` takes, so that it can be given back.
    return static_cast<std::uint32_t>(lineage_of(premises_.options.seed + earlier, "picture") >>
                                      32);
}

Checked<TaskPtr> Workshop::start(TaskPtr task) {
    task->id = premises_.ids.uuid();
    task->created_at = premises_.clock.wall();
    task->changed = std::make_shared<Gate>(premises_.executor);
    if (premises_.archive != nullptr) {
        auto const kept = premises_.archive->accepted(*task);
        if (!kept) return ApiError{500, "api_error", kept.error().message()};
    }
    premises_.tasks.add(task);
    premises_.ledger.accepted(task->id, task->request);
    group_.spawn(work(task, Duration::zero()));
    return task;
}

void Workshop::resume(TaskPtr task) {
    ++repeats_[task->lineage]; // the next such request is a repeat, as it was before
    premises_.tasks.add(task);
    premises_.ledger.accepted(task->id, task->request);
    premises_.allowances.restore(task->payer, !task->ended(), task->succeeded());
    if (!task->ended()) {
        task->changed = std::make_shared<Gate>(premises_.executor);
        Duration const done = premises_.clock.wall() - task->created_at;
        group_.spawn(work(task, std::max(done, Duration::zero())));
        return;
    }
    premises_.ledger.assigned(task->id, task->account);
    if (task->failure) return premises_.ledger.failed(task->id);
    if (!task->steps.empty()) premises_.tasks.finish_image(task);
    premises_.ledger.charged(task->id);
}

asio::awaitable<void> Workshop::work(TaskPtr task, Duration done) {
    if (!task->doomed_at_once) co_await draw(task, done);
    end(task);
}

asio::awaitable<void> Workshop::draw(TaskPtr task, Duration done) {
    auto const pass = co_await accounts_.enter(task->owner);
    task->account = pass.account();
    premises_.ledger.assigned(task->id, task->account);
    auto const begin = premises_.clock.now() - done;
    auto const total = divided(time_for(premises_.options, *task), pass.speed());
    task->started_at = premises_.clock.wall();
    if (draws(task->kind)) {
        for (int const progress : previews) {
            co_await premises_.clock.sleep_until(begin + total / 100 * progress);
            show(*task, progress);
        }
    }
    if (total > Duration::zero()) co_await premises_.clock.sleep_until(begin + total);
}

void Workshop::show(Task& task, int progress) {
    task.steps.push_back({progress, premises_.ids.image_id(premises_.clock.wall())});
    task.changed->wake_all();
}

void Workshop::end(TaskPtr const& task) {
    task->finished_at = premises_.clock.wall();
    if (!task->started_at) task->started_at = task->finished_at;
    task->failure = std::move(task->doom);
    task->doom.reset();
    if (task->failure) {
        premises_.ledger.failed(task->id);
    } else {
        if (draws(task->kind)) {
            show(*task, 100);
            premises_.tasks.finish_image(task);
        }
        premises_.ledger.charged(task->id);
    }
    premises_.allowances.end(task->payer, !task->failure);
    if (premises_.archive != nullptr) premises_.archive->ended(*task);
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
