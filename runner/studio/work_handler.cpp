#include "runner/studio/work_handler.hpp"

#include "runner/studio/faults/faulty_exchange.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

FaultTarget target_of(TaskKind kind) {
    switch (kind) {
    case TaskKind::imagine: return FaultTarget::imagine;
    case TaskKind::edits: return FaultTarget::edits;
    case TaskKind::videos: return FaultTarget::videos;
    default: return FaultTarget::text;
    }
}

/// Returns the text that a rule's `prompt` is compared with.
std::string const& prompt_of(Submission const& submission) {
    auto const& request = submission.request;
    if (submission.parent) return submission.parent->prompt;
    return request.kind == TaskKind::translate ? request.content : request.prompt;
}

http::Reply refusal(ApiError const& why, std::string const& trace_id) {
    auto reply = error_reply(why, trace_id);
    if (why.status == 429) reply.headers.push_back({"retry-after", "1"});
    return reply;
}

} // namespace

asio::awaitable<void> WorkHandler::handle(http::Exchange& exchange, RequestContext context) {
    auto submission = read(exchange, context);
    if (!submission) {
        auto reply = error_reply(submission.error(), context.trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    FaultSite const site{target_of(context.kind), prompt_of(*submission),
                         submission->request.action};
    auto const fault = state_.faults.strike(site);
    if (!fault) {
        co_await serve(exchange, std::move(*submission));
        co_return;
    }
    if (fault->kind == FaultKind::reset_before) {
        exchange.reset();
        co_return;
    }
    if (fault->kind == FaultKind::status) {
        auto reply = status_reply(*fault, state_.clock.wall());
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (fault->kind == FaultKind::fail)
        submission->failure = ApiError{500, fault->code, fault->message};
    FaultyExchange faulty(exchange, *fault, state_.clock);
    co_await serve(faulty, std::move(*submission));
}

Checked<Submission> WorkHandler::read(http::Exchange& exchange, RequestContext const& context) {
    auto value = json::read(exchange.take_body());
    if (!value) return bad_request("the body is not JSON: " + value.error().message());
    auto request = read_work_request(context.kind, *value);
    if (!request) return request.error();
    if (!request->callback_url.empty()) {
        if (auto const refused = callbacks_.refuse(request->callback_url)) return *refused;
    }
    auto parent = preparation_.parent_of(*request, context.payer);
    if (!parent) return parent.error();
    Submission submission;
    submission.deadline = state_.clock.now() + request->timeout;
    submission.request = std::move(*request);
    submission.body = std::move(*value);
    submission.trace_id = context.trace_id;
    submission.payer = context.payer;
    submission.parent = std::move(*parent);
    submission.every_line = wants_stream(exchange.request());
    return submission;
}

asio::awaitable<void> WorkHandler::serve(http::Exchange& exchange, Submission submission) {
    auto const trace_id = submission.trace_id;
    DeliveryOptions const options{submission.request.asynchronous, submission.deadline};
    auto prepared = co_await preparation_.task_for(std::move(submission));
    std::optional<ApiError> refused;
    // Checked only now: other requests may have begun while inputs were fetched.
    if (prepared) refused = refuse(**prepared);
    if (!prepared) refused = prepared.error();
    if (!refused) {
        prepared = runner_.start(std::move(*prepared));
        if (!prepared) refused = prepared.error();
    }
    if (refused) {
        auto reply = refusal(*refused, trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    auto const task = *prepared;
    if (task->callback) callbacks_.watch(task);
    co_await delivery_.answer(exchange, task, options);
}

/// Checks the limits of the service, of its accounts and of the token; the last one counts the
/// request.
std::optional<ApiError> WorkHandler::refuse(Task const& task) {
    auto const& options = state_.options;
    auto const too_many = [](std::string text) {
        return ApiError{429, "too_many_requests", std::move(text)};
    };
    if (options.running_max != 0 && runner_.running() >= options.running_max)
        return too_many(fmt::format("{} generations are running already", options.running_max));
    auto const& accounts = runner_.accounts();
    if (accounts.would_wait(task.owner) && accounts.waiting() >= options.queue_max)
        return too_many(fmt::format("{} requests are waiting already", accounts.waiting()));
    return state_.allowances.begin(task.payer, state_.clock.now());
}

} // namespace darkroom::studio
