#include "runner/studio/delivery.hpp"

#include "runner/studio/tasks/task_runner.hpp"
#include "runner/studio/views.hpp"

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

constexpr std::string_view ndjson = "application/x-ndjson";

ApiError late() {
    return {504, "timeout",
            "the image was not ready in time; the task goes on, see /midjourney/tasks"};
}

} // namespace

bool wants_stream(http::Request const& request) {
    return request.header("accept").find(ndjson) != std::string_view::npos;
}

asio::awaitable<void> Delivery::answer(http::Exchange& exchange, TaskPtr task,
                                       DeliveryOptions options) {
    if (options.at_once)
        co_await acknowledge(exchange, task);
    else if (draws(task->kind) && wants_stream(exchange.request()))
        co_await stream(exchange, task, options.deadline);
    else
        co_await answer_at_end(exchange, task, options.deadline);
}

void Delivery::note_answer(Task const& task) {
    state_.ledger.answered(task.id);
    if (state_.archive) state_.archive->answered(task);
}

/// Sends the outcome and notes that the client has it.
asio::awaitable<void> Delivery::give(http::Exchange& exchange, TaskPtr task, http::Reply reply) {
    auto const sent = co_await exchange.answer(std::move(reply));
    if (sent) note_answer(*task);
}

asio::awaitable<void> Delivery::acknowledge(http::Exchange& exchange, TaskPtr task) {
    json::Value body;
    body.set("success", true);
    body.set("task_id", task->id);
    auto reply = json_reply(200, body, task->trace_id);
    if (wants_stream(exchange.request())) {
        reply.headers.front().value = ndjson;
        reply.body += '\n';
    }
    co_await give(exchange, task, std::move(reply));
}

asio::awaitable<void> Delivery::answer_at_end(http::Exchange& exchange, TaskPtr task,
                                              Time deadline) {
    constexpr std::size_t beyond_all_steps = 100;
    bool const in_time = co_await step_before(state_.clock, deadline, task, beyond_all_steps);
    http::Reply reply;
    if (!in_time)
        reply = error_reply(late(), task->trace_id);
    else
        reply = json_reply(task->failure ? task->failure->status : 200, outcome_view(state_, *task),
                           task->trace_id);
    co_await give(exchange, task, std::move(reply));
}

asio::awaitable<void> Delivery::stream(http::Exchange& exchange, TaskPtr task, Time deadline) {
    bool const in_time = co_await step_before(state_.clock, deadline, task, 0);
    if (!in_time || task->steps.empty()) {
        // Nothing was drawn in time, or ever: the status can still report it.
        co_await answer_at_end(exchange, task, deadline);
        co_return;
    }
    http::Head head;
    head.headers.push_back({"content-type", std::string(ndjson)});
    head.headers.push_back({"x-trace-id", task->trace_id});
    auto const begun = co_await exchange.begin(std::move(head));
    if (!begun) co_return;
    auto const lines = co_await send_lines(exchange, task, deadline);
    if (!lines) co_return;
    auto const finished = co_await exchange.finish();
    if (finished) note_answer(*task);
}

asio::awaitable<Result<>> Delivery::send_lines(http::Exchange& exchange, TaskPtr task,
                                               Time deadline) {
    std::size_t seen = 0;
    bool in_time = true;
    Result<> sent;
    while (in_time && sent) {
        in_time = co_await step_before(state_.clock, deadline, task, seen);
        for (; sent && seen < task->steps.size(); ++seen) {
            auto const line = json::write(step_view(state_, *task, task->steps[seen])) + "\n";
            sent = co_await exchange.write(line);
        }
        if (task->ended() && seen == task->steps.size()) break;
    }
    if (!sent || (in_time && !task->failure)) co_return sent;
    auto const why = task->failure.value_or(late());
    auto const last = json::write(failure_view(*task, why)) + "\n";
    sent = co_await exchange.write(last);
    co_return sent;
}

} // namespace darkroom::studio
