#include "tests/simulation/sim_hook.hpp"

#include "tests/simulation/sim_answers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;

std::string SimHook::path() const { return fmt::format("/callback/secret{}", life_); }

void SimHook::serve_in(TaskGroup& group, Taker taker) {
    group_ = &group;
    taker_ = std::move(taker);
}

void SimHook::expect(Task& task) {
    bool const is_ours = task.callback_url.starts_with(origin() + path());
    if (group_ != nullptr && is_ours) group_->spawn(deliver(task));
}

void SimHook::post(Task const& task, std::string const& body) {
    if (!service_.power().on) return;
    auto tag = std::string_view(task.callback_url).substr(origin().size() + path().size());
    if (tag.starts_with('/')) tag.remove_prefix(1);
    if (!taker_(http::HookPost{body, tag}))
        throw std::logic_error("the client refused a callback of " + task.id);
}

boost::asio::awaitable<void> SimHook::deliver(Task& task) {
    auto& clock = service_.clock();
    auto& chance = service_.chance();
    auto const& how = service_.imperfections;
    Time const preview = std::min(task.ends_at, task.taken_at + chance.time(1ms, 20s));
    co_await clock.sleep_until(preview);
    if (chance.of(50) && !task.has_ended(clock.now())) post(task, preview_line(service_, task, 31));
    bool const is_lost = chance.of(how.callbacks_lost);
    bool const is_repeated = chance.of(how.callbacks_twice);
    co_await clock.sleep_until(task.ends_at + chance.time(0ms, 2s));
    if (!is_lost) post(task, last_word(service_, task));
    if (clock.now() < task.says_failed_until) {
        co_await clock.sleep_until(task.says_failed_until);
        post(task, last_word(service_, task));
    }
    if (!is_repeated) co_return;
    co_await clock.sleep_for(chance.time(1ms, 60s));
    post(task, last_word(service_, task));
}

} // namespace darkroom::simulation
