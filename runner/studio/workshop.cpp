#include "runner/studio/workshop.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/sha256.hpp"

#include <fmt/format.h>

#include <array>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

/// When previews are shown, as at the real service: the drawing's first third, then late.
constexpr std::array previews{31, 78};

Duration time_for(ServerOptions const& options, std::string_view action) {
    bool const upscale = action.find("upscale") != std::string_view::npos;
    return upscale ? options.latency / 10 * 6 : options.latency;
}

std::uint64_t leading_bits(Digest const& digest) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | digest[i];
    return bits;
}

asio::awaitable<bool> wait_for_step(TaskPtr task, std::size_t seen) {
    while (!task->ended() && task->steps.size() <= seen) {
        auto const changed = task->changed;
        co_await changed->wait();
    }
    co_return true;
}

} // namespace

std::uint64_t lineage_of(std::uint64_t parent, std::string_view asked) {
    return leading_bits(sha256(fmt::format("{:016x}|{}", parent, asked)));
}

Workshop::Workshop(Premises& premises) : premises_(premises), group_(premises.executor) {}

std::uint64_t Workshop::picture_seed(std::uint64_t lineage) {
    // Forgetting all at once only makes far-apart repeats alike.
    if (repeats_.size() > premises_.options.tasks_kept) repeats_.clear();
    auto const earlier = repeats_[lineage]++;
    return lineage_of(premises_.options.seed + earlier, "picture");
}

TaskPtr Workshop::start(Order order) {
    auto task = std::make_shared<Task>();
    task->id = premises_.ids.uuid();
    task->trace_id = order.trace_id;
    task->request = std::move(order.body);
    task->action = order.action;
    task->prompt = order.prompt;
    task->lineage = order.lineage;
    task->split_images = order.split_images;
    task->picture = std::move(order.picture);
    task->recipe = std::move(order.recipe);
    task->created_at = premises_.clock.wall();
    task->changed = std::make_shared<Gate>(premises_.executor);
    premises_.tasks.add(task);
    premises_.ledger.accepted(task->id, task->request);
    group_.spawn(work(task, std::move(order)));
    return task;
}

asio::awaitable<void> Workshop::work(TaskPtr task, Order order) {
    auto const begin = premises_.clock.now();
    auto const total = time_for(premises_.options, task->action);
    task->started_at = premises_.clock.wall();
    if (!order.fails_at_once) {
        for (int const progress : previews) {
            co_await premises_.clock.sleep_until(begin + total / 100 * progress);
            show(*task, progress);
        }
        co_await premises_.clock.sleep_until(begin + total);
    }
    end(task, std::move(order.failure));
}

void Workshop::show(Task& task, int progress) {
    task.steps.push_back({progress, premises_.ids.image_id(premises_.clock.wall())});
    task.changed->wake_all();
}

void Workshop::end(TaskPtr const& task, std::optional<ApiError> failure) {
    task->finished_at = premises_.clock.wall();
    if (failure) {
        task->failure = std::move(failure);
        premises_.ledger.failed(task->id);
    } else {
        show(*task, 100);
        premises_.tasks.finish_image(task);
        premises_.ledger.charged(task->id);
    }
    auto const changed = std::exchange(task->changed, nullptr);
    changed->wake_all();
}

asio::awaitable<bool> step_before(Clock& clock, Time when, TaskPtr task, std::size_t seen) {
    try {
        auto step = wait_for_step(std::move(task), seen);
        bool const moved = co_await with_deadline(clock, when, std::move(step));
        co_return moved;
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
    co_return false;
}

} // namespace darkroom::studio
