#include "runner/cli/webhook.hpp"

#include "runner/base/backoff.hpp"
#include "runner/base/sha256.hpp"
#include "runner/base/time_text.hpp"
#include "runner/cli/network.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/net/readers.hpp"
#include "runner/provider/connections.hpp"
#include "runner/provider/problem.hpp"
#include "runner/provider/verdict.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr int tries_max = 3;
constexpr Backoff between_tries{500ms, 5s};
constexpr Duration between_looks_for_stop = 100ms;

/// The sending of one summary; it outlives the coroutines below.
struct Delivery {
    net::Exchanger& exchanger;
    Clock& clock;
    Time end;
    std::string why{}; ///< Why the last try has failed.
    bool is_taken = false;
};

/// Returns why the summary was not taken, or "".
std::string refusal_of(net::Reply const& reply) {
    auto const status = reply.head.status;
    if (status >= 200 && status < 300) return {};
    if (status >= 300 && status < 400)
        return fmt::format("it answered {}, and redirects are not followed", status);
    return status > 0 ? fmt::format("it answered {}", status) : reply.error.message();
}

bool may_help_to_repeat(net::Reply const& reply) {
    auto const status = reply.head.status;
    return status == 0 || status == 429 || status >= 500;
}

/// Returns how long the listener asks to be left alone.
std::optional<Duration> asked_wait(net::Reply const& reply, WallTime now) {
    auto const status = reply.head.status;
    auto const text = reply.head.find("retry-after");
    if (!text || (status != 429 && status != 503)) return std::nullopt;
    return provider::read_retry_after(*text, provider::date_of(reply.head).value_or(now));
}

/// Completes when it is taken, or refused for good. Cancel: terminal; throws operation_aborted.
asio::awaitable<void> deliver(Delivery& delivery, net::Call call) {
    for (int tried = 1;; ++tried) {
        net::WholeReader reader(webhook_answer_max);
        net::TimeLimits limits;
        limits.total = delivery.end - delivery.clock.now();
        auto again = call;
        auto const reply = co_await delivery.exchanger.exchange(std::move(again), limits, reader);
        delivery.why = refusal_of(reply);
        delivery.is_taken = delivery.why.empty();
        if (delivery.is_taken || !may_help_to_repeat(reply)) co_return;
        if (tried == tries_max) co_return;
        auto const own = between_tries.after(tried - 1);
        auto const asked = asked_wait(reply, delivery.clock.wall());
        auto const next = delivery.clock.now() + with_hint(own, asked);
        if (asked && next >= delivery.end) {
            delivery.why +=
                fmt::format(", and is not to be asked again for {}", format_duration(*asked));
            co_return;
        }
        co_await delivery.clock.sleep_until(next);
    }
}

/// Completes at the deadline, or soon after a stop signal. Cancel: as above.
asio::awaitable<void> until_given_up(Delivery& delivery) {
    while (!has_noted_stop() && delivery.clock.now() < delivery.end) {
        auto const next = std::min(delivery.end, delivery.clock.now() + between_looks_for_stop);
        co_await delivery.clock.sleep_until(next);
    }
}

asio::awaitable<void> deliver_in_time(Delivery& delivery, net::Call call) {
    auto const executor = co_await asio::this_coro::executor;
    auto work = asio::co_spawn(executor, deliver(delivery, std::move(call)), asio::deferred);
    auto alarm = asio::co_spawn(executor, until_given_up(delivery), asio::deferred);
    auto race = asio::experimental::make_parallel_group(std::move(work), std::move(alarm));
    auto [order, work_error, alarm_error] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    (void)alarm_error; // cancelled
    if (order[0] == 0 && work_error) std::rethrow_exception(work_error);
}

net::ConnectionOptions connections_of(jobs::Service const& service) {
    auto http = service.http;
    if (http == jobs::HttpVersions::http2) http = jobs::HttpVersions::any; // the service alone must
    return provider::connections_for(trust_in(service.ca_file), proxy_of(service.proxy), http, {});
}

} // namespace

std::string signature_line(std::string const& secret, std::string const& body) {
    if (secret.empty()) return {};
    return fmt::format("X-Darkroom-Signature: sha256={}\r\n", to_hex(hmac_sha256(secret, body)));
}

Result<> send_webhook(Webhook const& hook, jobs::Service const& service, std::string const& body) {
    SteadyClock clock;
    asio::io_context context(1);
    net::PooledExchanger exchanger(context.get_executor(), clock, connections_of(service));
    Delivery delivery{exchanger, clock, clock.now() + hook.deadline};
    net::Call call;
    call.method = "POST";
    call.url = hook.url;
    call.extra = "Accept: */*\r\n" + signature_line(hook.secret, body);
    call.body = body;
    std::exception_ptr defect;
    // Only a host name that is being resolved may be left in the context.
    auto on_end = [&](std::exception_ptr error) {
        defect = error;
        context.stop();
    };
    asio::co_spawn(context, deliver_in_time(delivery, std::move(call)), on_end);
    context.run();
    if (defect) std::rethrow_exception(defect);
    if (delivery.is_taken) return {};
    auto const host = hook.url.origin.text();
    if (has_noted_stop())
        return Error(error_code(), fmt::format("{} was given up, as darkroom was stopped", host));
    bool const is_late = clock.now() >= delivery.end;
    auto const late = fmt::format("not within {}", format_duration(hook.deadline));
    auto const& why = delivery.why.empty() || is_late ? late : delivery.why;
    return Error(
        error_code(),
        fmt::format("{} has not taken the summary: {}{}", host, why,
                    is_late && !delivery.why.empty() ? fmt::format("; {}", delivery.why) : ""));
}

} // namespace darkroom::cli
