#include "runner/studio/imagine_desk.hpp"

#include "runner/studio/faulty_exchange.hpp"
#include "runner/studio/picture_prompt.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

constexpr std::string_view ndjson = "application/x-ndjson";

bool wants_stream(HttpRequest const& request) {
    return request.header("accept").find(ndjson) != std::string_view::npos;
}

ApiError late() {
    return {504, "timeout",
            "the image was not ready in time; the task goes on, see /midjourney/tasks"};
}

/// All that answers need to know of a first grid: its format.
Picture outline_of(std::string const& prompt) {
    Picture outline;
    outline.aspect = wish_of(prompt).aspect;
    outline.scenes.resize(4);
    return outline;
}

/// What decides a picture besides its parent: the same text, the same picture.
std::string asked_text(ImagineRequest const& request) {
    return request.action + "|" + request.prompt + "|" + request.mask;
}

} // namespace

asio::awaitable<void> ImagineDesk::handle(Exchange& exchange, std::string trace_id) {
    auto submission = read(exchange.take_body(), trace_id);
    if (!submission) {
        auto reply = error_reply(submission.error(), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    auto const& [request, body, trace, parent, deadline, failure] = *submission;
    FaultSite const site{FaultPlace::imagine, parent ? parent->prompt : request.prompt,
                         request.action};
    auto const fault = premises_.faults.strike(site);
    if (!fault) {
        co_await serve(exchange, std::move(*submission));
        co_return;
    }
    if (fault->kind == FaultKind::reset_before) {
        exchange.reset();
        co_return;
    }
    if (fault->kind == FaultKind::status) {
        auto reply = status_reply(*fault, premises_.clock.wall());
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (fault->kind == FaultKind::fail)
        submission->failure = ApiError{500, fault->code, fault->message};
    FaultyExchange faulty(exchange, *fault, premises_.clock);
    co_await serve(faulty, std::move(*submission));
}

Checked<ImagineDesk::Submission> ImagineDesk::read(std::string body, std::string trace_id) {
    auto value = json::read(body);
    if (!value) return bad_request("the body is not JSON: " + value.error().message());
    auto request = read_imagine_request(*value);
    if (!request) return request.error();
    Submission submission;
    submission.deadline = premises_.clock.now() + request->timeout;
    submission.request = std::move(*request);
    submission.body = std::move(*value);
    submission.trace_id = std::move(trace_id);
    if (submission.request.action == "generate") return submission;
    submission.parent = premises_.tasks.find_image(submission.request.image_id);
    if (!submission.parent)
        return bad_request(fmt::format("image_id {} is not a finished image of this service",
                                       submission.request.image_id));
    return submission;
}

asio::awaitable<void> ImagineDesk::serve(Exchange& exchange, Submission submission) {
    auto const trace_id = submission.trace_id;
    bool const asynchronous = submission.request.asynchronous;
    auto const deadline = submission.deadline;
    auto order = co_await prepare(std::move(submission));
    if (!order) {
        auto reply = error_reply(order.error(), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    // Asked only now: while inputs were fetched others may have begun.
    auto const limit = premises_.options.running_max;
    if (limit != 0 && workshop_.running() >= limit) {
        auto reply = error_reply(
            {429, "too_many_requests", fmt::format("{} generations are running already", limit)},
            trace_id);
        reply.headers.push_back({"retry-after", "1"});
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    auto const task = workshop_.start(std::move(*order));
    if (asynchronous)
        co_await acknowledge(exchange, task);
    else if (wants_stream(exchange.request()))
        co_await stream(exchange, task, deadline);
    else
        co_await answer_at_end(exchange, task, deadline);
}

asio::awaitable<Checked<Order>> ImagineDesk::prepare(Submission submission) {
    auto const& request = submission.request;
    Order order;
    order.body = submission.body;
    order.trace_id = submission.trace_id;
    order.action = request.action;
    order.prompt = submission.parent ? submission.parent->prompt : request.prompt;
    order.split_images = request.split_images;
    auto const root = submission.parent ? submission.parent->lineage : 0;
    order.lineage = lineage_of(root, asked_text(request));
    order.failure = submission.failure;
    if (request.prompt_error) {
        order.failure = request.prompt_error;
        order.fails_at_once = true;
        co_return order;
    }
    auto const lineage = order.lineage;
    if (!submission.parent) {
        auto recipe = co_await first_recipe(std::move(submission), lineage);
        if (!recipe) co_return recipe.error();
        order.picture = outline_of(recipe->prompt);
        order.recipe = std::move(*recipe);
        co_return order;
    }
    auto picture = co_await next_picture(std::move(submission), lineage);
    if (!picture) co_return picture.error();
    order.picture = std::move(*picture);
    co_return order;
}

asio::awaitable<Checked<GenerateRequest>> ImagineDesk::first_recipe(Submission submission,
                                                                    std::uint64_t lineage) {
    auto palettes = co_await inputs_.palettes(submission.request.parts.images);
    if (!palettes) co_return palettes.error();
    GenerateRequest wanted;
    wanted.prompt = submission.request.prompt;
    wanted.seed = workshop_.picture_seed(lineage);
    wanted.inputs = std::move(*palettes);
    co_return wanted;
}

asio::awaitable<Checked<Picture>> ImagineDesk::next_picture(Submission submission,
                                                            std::uint64_t lineage) {
    auto mask = co_await inputs_.mask(submission.request.mask);
    if (!mask) co_return mask.error();
    auto const parent = submission.parent;
    co_await shop_.complete(parent);
    auto const step = std::make_shared<FollowUp>();
    step->action = submission.request.action;
    step->seed = workshop_.picture_seed(lineage);
    if (!submission.request.prompt.empty()) step->prompt = submission.request.prompt;
    step->mask = std::move(*mask);
    auto const made = std::make_shared<Result<Picture>>();
    std::function<void()> work = [parent, step, made] { *made = follow(parent->picture, *step); };
    co_await shop_.run(std::move(work)); // a reroll looks for four new places
    auto& next = *made;
    if (!next) co_return bad_request(next.error().message());
    co_return std::move(*next);
}

/// Sends the outcome and notes that the client has it.
asio::awaitable<void> ImagineDesk::give(Exchange& exchange, TaskPtr task, HttpReply reply) {
    auto const sent = co_await exchange.answer(std::move(reply));
    if (sent) premises_.ledger.answered(task->id);
}

asio::awaitable<void> ImagineDesk::acknowledge(Exchange& exchange, TaskPtr task) {
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

asio::awaitable<void> ImagineDesk::answer_at_end(Exchange& exchange, TaskPtr task, Time deadline) {
    constexpr std::size_t beyond_all_steps = 100;
    bool const in_time = co_await step_before(premises_.clock, deadline, task, beyond_all_steps);
    HttpReply reply;
    if (!in_time)
        reply = error_reply(late(), task->trace_id);
    else
        reply = json_reply(task->failure ? task->failure->status : 200,
                           outcome_view(premises_, *task), task->trace_id);
    co_await give(exchange, task, std::move(reply));
}

asio::awaitable<void> ImagineDesk::stream(Exchange& exchange, TaskPtr task, Time deadline) {
    bool const in_time = co_await step_before(premises_.clock, deadline, task, 0);
    if (!in_time || task->steps.empty()) {
        // Nothing was drawn in time, or ever: the status can still say so.
        co_await answer_at_end(exchange, task, deadline);
        co_return;
    }
    HttpHead head;
    head.headers.push_back({"content-type", std::string(ndjson)});
    head.headers.push_back({"x-trace-id", task->trace_id});
    auto const begun = co_await exchange.begin(std::move(head));
    if (!begun) co_return;
    auto const lines = co_await send_lines(exchange, task, deadline);
    if (!lines) co_return;
    auto const finished = co_await exchange.finish();
    if (finished) premises_.ledger.answered(task->id);
}

asio::awaitable<Result<>> ImagineDesk::send_lines(Exchange& exchange, TaskPtr task, Time deadline) {
    std::size_t seen = 0;
    bool in_time = true;
    Result<> sent;
    while (in_time && sent) {
        in_time = co_await step_before(premises_.clock, deadline, task, seen);
        for (; sent && seen < task->steps.size(); ++seen) {
            auto const line = json::write(step_view(premises_, *task, task->steps[seen])) + "\n";
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
