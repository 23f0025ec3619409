#include "runner/studio/callbacks.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"
#include "runner/studio/tasks/task_runner.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

constexpr int tries = 6;
constexpr Duration first_pause = std::chrono::seconds(1);

GetLimits call_limits() {
    GetLimits limits;
    limits.total = std::chrono::seconds(10);
    limits.redirects = 0;
    return limits;
}

/// Adds to a line or an outcome the trace id that the newer documents promise in both cases.
std::string body_of(json::Value view, Task const& task) {
    view.set("trace_id", task.trace_id);
    return json::write(view);
}

} // namespace

std::optional<ApiError> Callbacks::refuse(std::string const& url) const {
    auto const parts = read_link(url);
    if (!parts) return bad_request("'callback_url' must be an http(s) link");
    auto const& allowed = state_.options.callback_allow;
    if (allowed.empty() && is_loopback_host(parts->host)) return std::nullopt;
    bool const fits = std::any_of(allowed.begin(), allowed.end(), [&](std::string const& pattern) {
        return glob_match(to_lower(pattern), to_lower(parts->host));
    });
    if (fits) return std::nullopt;
    return bad_request(
        fmt::format("this service does not call back to {0}; serve --callback-allow {0} allows it",
                    parts->host));
}

asio::awaitable<void> Callbacks::report(TaskPtr task) {
    if (task->callback->every_line) co_await post_steps(task);
    constexpr std::size_t beyond_all_steps = 100;
    co_await next_step(task, beyond_all_steps);
    co_await post_end(task);
    task->called = true;
    if (state_.archive) state_.archive->called(*task);
}

/// Posts the lines of a stream but the last. One that fails is not repeated: the next one follows.
asio::awaitable<void> Callbacks::post_steps(TaskPtr task) {
    for (std::size_t seen = 0; !task->ended();) {
        co_await next_step(task, seen);
        if (task->ended() || task->steps.size() <= seen) break;
        auto body = body_of(step_view(state_, *task, task->steps[seen]), *task);
        co_await post(task, std::move(body));
        ++seen;
    }
}

asio::awaitable<void> Callbacks::post_end(TaskPtr task) {
    FaultSite const site{FaultTarget::callback, task->prompt, task->action};
    auto const fault = state_.faults.strike(site);
    if (fault && fault->kind == FaultKind::lost) co_return;
    if (fault && fault->kind == FaultKind::false_fail) {
        ApiError const why{fault->status, fault->code, fault->message};
        auto body = body_of(failure_view(*task, why), *task);
        co_await post(task, std::move(body));
        co_await state_.clock.sleep_for(fault->time);
    }
    auto const change = fault ? fault->change : Change();
    auto pause = first_pause;
    for (int left = tries; left > 0; --left) {
        auto outcome = body_of(outcome_view(state_, *task), *task);
        auto body = changed_text(outcome, change);
        bool const delivered = co_await post(task, std::move(body));
        if (delivered) break;
        if (left > 1) co_await state_.clock.sleep_for(pause);
        pause *= 2;
    }
    if (!fault || fault->kind != FaultKind::doubled) co_return;
    auto again = body_of(outcome_view(state_, *task), *task);
    co_await post(task, std::move(again));
}

asio::awaitable<Result<int>> Callbacks::call(std::string url, std::string body) {
    if (state_.call_hook) return state_.call_hook(std::move(url), std::move(body), call_limits());
    GetSetup const setup{state_.clock, tls_, call_limits()};
    return http_post(std::move(url), std::move(body), setup);
}

asio::awaitable<bool> Callbacks::post(TaskPtr task, std::string body) {
    auto const status = co_await call(task->callback->url, std::move(body));
    bool const delivered = status && *status / 100 == 2;
    state_.ledger.asked(delivered ? "callback" : "callback_failed", status ? *status : 0);
    co_return delivered;
}

} // namespace darkroom::studio
