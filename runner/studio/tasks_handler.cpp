#include "runner/studio/tasks_handler.hpp"

#include "runner/studio/faults/faulty_exchange.hpp"
#include "runner/studio/tasks/identities.hpp"
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

/// True for a request that names no tasks.
bool is_listing(json::Value const& body) {
    return body.text("action") == "retrieve_batch" && names_in(body, "ids").empty() &&
           names_in(body, "trace_ids").empty();
}

ApiError wrong_counts() { return bad_request("'offset' and 'limit' must be whole numbers from 0"); }

FaultSite site_of(Task const& task, FaultTarget shown_as) {
    return {shown_as, task.prompt, task.action};
}

Duration age_of(ServerState const& state, Task const& task) {
    return state.clock.wall() - task.created_at;
}

/// True when a member names nobody, or this one.
bool names(json::Value const& body, std::string_view key, std::string const& id) {
    auto const given = body.text(key).value_or(std::string());
    return given.empty() || given == id;
}

/// True when the listing is of this payer's tasks. Other users' are not shown.
bool is_of_payer(json::Value const& body, std::string const& payer) {
    return names(body, "user_id", identity_of(Holder::user, payer)) &&
           names(body, "application_id", identity_of(Holder::application, payer));
}

} // namespace

asio::awaitable<void> TasksHandler::handle(http::Exchange& exchange, Requester requester) {
    auto const& [payer, trace_id] = requester;
    auto const body = json::read(exchange.take_body());
    auto const action = body ? body->text("action").value_or("retrieve") : std::string();
    bool const listing = body && is_listing(*body);
    auto fault =
        state_.faults.strike({listing ? FaultTarget::listing : FaultTarget::tasks, {}, action});
    if (fault && fault->kind == FaultKind::reset_before) {
        exchange.reset();
        co_return;
    }
    Checked<json::Value> answer = json::Value();
    if (body)
        answer = look_up(*body, payer, fault ? fault->listing : ListingFault());
    else
        answer = bad_request("the body is not JSON: " + body.error().message());
    // Changed here: a record may be no JSON any more when it is written.
    if (answer && fault) answer = changed(std::move(*answer), fault->change);
    auto reply =
        answer ? json_reply(200, *answer, trace_id) : error_reply(answer.error(), trace_id);
    if (!fault) {
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (fault->kind == FaultKind::status) reply = status_reply(*fault, state_.clock.wall());
    fault->change = Change();
    FaultyExchange faulty(exchange, *fault, state_.clock);
    co_await faulty.answer(std::move(reply));
}

Checked<json::Value> TasksHandler::look_up(json::Value const& body, std::string const& payer,
                                           ListingFault const& fault) const {
    if (!body.is_object()) return bad_request("the body must be a JSON object");
    auto const action = body.text("action").value_or("retrieve");
    if (action == "retrieve") {
        if (!body.find("id") && !body.find("task_id") && !body.find("trace_id"))
            return bad_request("'id' is missing; retrieve needs id or trace_id");
        auto const task = find(body);
        bool const known = task && belongs_to(*task, payer) && !is_hidden(*task);
        return known ? record_of(*task, FaultTarget::found) : json::Value(json::Object());
    }
    if (action == "retrieve_batch")
        return is_listing(body) ? list(body, payer, fault) : many(body, payer);
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

/// Returns the tasks of a list of ids.
Checked<json::Value> TasksHandler::many(json::Value const& body, std::string const& payer) const {
    auto const ids = names_in(body, "ids");
    auto const traces = names_in(body, "trace_ids");
    if (!count_in(body, "offset", 0) || !count_in(body, "limit", 0)) return wrong_counts();
    if (ids.size() + traces.size() > page_max)
        return bad_request(fmt::format("at most {} ids are taken at once", page_max));
    TaskPage page;
    for (auto const& id : ids) page.items.push_back(state_.tasks.find(id));
    for (auto const& trace : traces) page.items.push_back(state_.tasks.find_trace(trace));
    std::erase_if(page.items, [&](TaskPtr const& task) {
        return !task || !belongs_to(*task, payer) || is_hidden(*task);
    });
    page.count = page.items.size();
    return view_of(page, FaultTarget::found);
}

/// Returns a page of all tasks of a payer.
Checked<json::Value> TasksHandler::list(json::Value const& asked, std::string const& payer,
                                        ListingFault const& fault) const {
    auto body = asked;
    for (auto const& member : fault.ignore) body.erase(member);
    auto const offset = count_in(body, "offset", 0);
    auto const limit = count_in(body, "limit", 12);
    if (!offset || !limit) return wrong_counts();
    if (!is_of_payer(body, payer)) return view_of(TaskPage(), FaultTarget::listed);
    TaskFilter filter;
    filter.type = body.text("type").value_or(std::string());
    filter.payer = payer;
    filter.created_at_min = body.number("created_at_min");
    filter.created_at_max = body.number("created_at_max");
    filter.offset = *offset;
    filter.limit = std::min({*limit, page_max, fault.page.value_or(page_max)});
    filter.newest = fault.newest.value_or(filter.newest);
    filter.order = fault.order;
    if (fault.late > Duration::zero() || state_.faults.may_hide())
        filter.hidden = [&](Task const& task) {
            bool const late = age_of(state_, task) < fault.late;
            return late || state_.faults.hides(site_of(task, FaultTarget::listed),
                                               {task.id, age_of(state_, task)});
        };
    return view_of(state_.tasks.list(filter), FaultTarget::listed);
}

bool TasksHandler::is_hidden(Task const& task) const {
    return state_.faults.hides(site_of(task, FaultTarget::found), {task.id, age_of(state_, task)});
}

json::Value TasksHandler::view_of(TaskPage const& page, FaultTarget shown_as) const {
    json::Array items;
    for (auto const& task : page.items) items.push_back(record_of(*task, shown_as));
    json::Value answer;
    answer.set("items", std::move(items));
    answer.set("count", static_cast<std::uint64_t>(page.count));
    return answer;
}

/// Returns the record of a task with the fault that strikes it.
json::Value TasksHandler::record_of(Task const& task, FaultTarget shown_as) const {
    auto view = record_view(state_, task);
    auto const fault =
        state_.faults.strike_record(site_of(task, shown_as), {task.id, age_of(state_, task)});
    if (!fault) return view;
    if (fault->kind == FaultKind::change) return changed(std::move(view), fault->change);
    auto const now = static_cast<double>(state_.clock.wall().time_since_epoch().count()) / 1000.0;
    view.set("finished_at", now);
    view.set("response", failure_view(task, {fault->status, fault->code, fault->message}));
    return view;
}

} // namespace darkroom::studio
