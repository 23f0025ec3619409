// The object of `status --json`.
#include "runner/report/status.hpp"
#include "runner/report/words.hpp"

#include <utility>

namespace darkroom::report {

namespace {

json::Value to_json(FailedStep const& step) {
    auto const& row = step.row;
    bool const has_line = !step.line.table.empty();
    json::Value value;
    value.set("key", to_hex(row.key));
    value.set("step", step.name);
    value.set("job", row.job);
    value.set("item", row.item);
    value.set("path", row.path);
    value.set("state", row.is_paid ? "image missing" : "failed");
    value.set("class", class_of(row.problem.verdict));
    value.set("code", row.problem.code);
    value.set("message", row.problem.message);
    value.set("trace_id", row.problem.trace_id);
    value.set("prompt", text_or_null(row.prompt));
    value.set("table", text_or_null(step.line.table));
    value.set("line", has_line ? json::Value(step.line.line) : json::Value());
    return value;
}

json::Value to_json(SharedTask const& task) {
    json::Array steps;
    for (auto const& name : task.steps) steps.emplace_back(name);
    json::Value value;
    value.set("task_id", task.task_id);
    value.set("steps", std::move(steps));
    return value;
}

json::Array accounts_of(Status const& status) {
    json::Array accounts;
    for (auto const& [name, totals] : status.accounts) {
        json::Value value;
        value.set("name", text_or_null(name));
        value.set("paid", totals.paid);
        value.set("cost", money_value(totals.cost));
        accounts.push_back(std::move(value));
    }
    return accounts;
}

json::Value payment_json(json::Value job, json::Value action, Payment const& payment) {
    json::Value value;
    value.set("job", std::move(job));
    value.set("action", std::move(action));
    value.set("paid", payment.generations);
    value.set("cost", money_value(payment.cost));
    return value;
}

/// The last one, without a job, is the rest: what was paid for steps that are no longer wanted, or
/// paid again.
json::Array payments_of(Status const& status) {
    json::Array payments;
    if (status.plan) {
        for (auto const& [job, actions] : status.plan->payments) {
            for (auto const& [action, payment] : actions)
                payments.push_back(payment_json(job, action, payment));
        }
    }
    auto const rest = status.paid_for_others();
    if (rest.generations > 0) payments.push_back(payment_json(json::Value(), json::Value(), rest));
    return payments;
}

template <class Range>
json::Array array_of(Range const& values) {
    json::Array array;
    for (auto const& value : values) array.push_back(to_json(value));
    return array;
}

} // namespace

json::Value to_json(Status const& status) {
    auto const totals = status.counts.totals();
    bool const has_ended = !status.running && status.last_run;
    json::Value out;
    out.set("directory", status.directory);
    out.set("running", status.running ? to_json(*status.running) : json::Value());
    out.set("ended", has_ended ? ended_json(*status.last_run) : json::Value());
    out.set("total", status.by_state().all);
    out.set("steps", to_json(status.by_state()));
    out.set("in_flight", status.in_flight());
    out.set("waiting", status.waiting);
    out.set("images", status.images);
    out.set("removed", status.removed);
    out.set("paid", totals.paid);
    out.set("cost", money_value(totals.cost));
    out.set("costs", payments_of(status));
    out.set("failures", array_of(status.failures));
    out.set("unknown_steps",
            status.running ? json::Array() : report::to_json(status.unknown_steps));
    out.set("charged_again", report::to_json(status.charges));
    out.set("shared_tasks", array_of(status.shared));
    if (status.has_named_accounts()) out.set("accounts", accounts_of(status));
    return out;
}

} // namespace darkroom::report
