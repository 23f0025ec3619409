#include "runner/studio/tasks_handler.hpp"

#include "runner/studio/faults/faulty_exchange.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

constexpr std::size_t page_max = 100;

/// Returns the named list without its empty texts: samples carry `"id": ""` next to `ids`.
std::vector<std::string> names_in(json::Value const& body, std::string_view key) {
    auto names = body.texts(key);
    std::erase(names, std::string());
    return names;
}

/// Returns nothing when the member exists but is not a whole number from 0.
std::optional<std::size_t> count_in(json::Value const& body, std::string_view key,
                                    std::size_t fallback) {
    auto const* value = body.find(key);
    if (value == nullptr || value->is_null()) return fallback;
    auto const number = value->integer();
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::size_t>(*number);
}

} // namespace

asio::awaitable<void> TasksHandler::handle(Exchange& exchange, Requester requester) {
    auto const& [payer, trace_id] = requester;
    auto const body = json::read(exchange.take_body());
    Checked<json::Value> answer = json::Value();
    if (body)
        answer = look_up(*body, payer);
    else
        answer = bad_request("the body is not JSON: " + body.error().message());
    auto reply =
        answer ? json_reply(200, *answer, trace_id) : error_reply(answer.error(), trace_id);
    auto const action = body ? body->text("action").value_or("retrieve") : std::string();
    auto const fault = state_.faults.strike({FaultTarget::tasks, {}, action});
    if (!fault) {
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (fault->kind == FaultKind::reset_before) {
        exchange.reset();
        co_return;
    }
    if (fault->kind == FaultKind::status) reply = status_reply(*fault, state_.clock.wall());
    FaultyExchange faulty(exchange, *fault, state_.clock);
    co_await faulty.answer(std::move(reply));
}

Checked<json::Value> TasksHandler::look_up(json::Value const& body,
                                           std::string const& payer) const {
    if (!body.is_object()) return bad_request("the body must be a JSON object");
    auto const action = body.text("action").value_or("retrieve");
    if (action == "retrieve") {
        if (!body.find("id") && !body.find("task_id") && !body.find("trace_id"))
            return bad_request("'id' is missing; retrieve needs id or trace_id");
        auto const task = find(body);
        bool const known = task && belongs_to(*task, payer);
        return known ? record_view(state_, *task) : json::Value(json::Object());
    }
    if (action == "retrieve_batch") return many(body, payer);
    return bad_request(
        fmt::format("action '{}' is not known; use retrieve or retrieve_batch", action));
}

TaskPtr TasksHandler::find(json::Value const& body) const {
    for (auto const* key : {"id", "task_id"}) {
        auto const id = body.text(key).value_or(std::string());
        if (!id.empty()) return state_.tasks.find(id);
    }
    return state_.tasks.find_trace(body.text("trace_id").value_or(std::string()));
}

Checked<json::Value> TasksHandler::many(json::Value const& body, std::string const& payer) const {
    auto const offset = count_in(body, "offset", 0);
    auto const limit = count_in(body, "limit", 12);
    if (!offset || !limit) return bad_request("'offset' and 'limit' must be whole numbers from 0");
    TaskPage page;
    auto const ids = names_in(body, "ids");
    auto const traces = names_in(body, "trace_ids");
    if (ids.size() + traces.size() > page_max)
        return bad_request(fmt::format("at most {} ids are taken at once", page_max));
    for (auto const& id : ids) page.items.push_back(state_.tasks.find(id));
    for (auto const& trace : traces) page.items.push_back(state_.tasks.find_trace(trace));
    std::erase_if(page.items,
                  [&](TaskPtr const& task) { return !task || !belongs_to(*task, payer); });
    page.count = page.items.size();
    if (ids.empty() && traces.empty()) {
        TaskFilter filter;
        filter.type = body.text("type").value_or(std::string());
        filter.payer = payer;
        filter.created_at_min = body.number("created_at_min");
        filter.created_at_max = body.number("created_at_max");
        filter.offset = *offset;
        filter.limit = std::min(*limit, page_max);
        page = state_.tasks.list(filter);
    }
    json::Array items;
    for (auto const& task : page.items) items.push_back(record_view(state_, *task));
    json::Value answer;
    answer.set("items", std::move(items));
    answer.set("count", static_cast<std::uint64_t>(page.count));
    return answer;
}

} // namespace darkroom::studio
