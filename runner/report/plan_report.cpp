#include "runner/report/plan_report.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/table/table.hpp"
#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::report {

namespace {

jobs::Micros micros(std::uint64_t amount) { return static_cast<jobs::Micros>(amount); }

/// Returns "12", or "12 (8-20)" where globs make it uncertain.
std::string count_of(jobs::Span const& span) {
    if (span.least == span.most) return fmt::format("{}", span.expected);
    return fmt::format("{} ({}-{})", span.expected, span.least, span.most);
}

/// Returns "1 image", "12 images", "12 (8-20) images".
std::string images_of(jobs::Span const& span) {
    if (span.least == span.most) return counted(span.expected, "image");
    return count_of(span) + " images";
}

std::string money_of(jobs::Span const& span) {
    auto const expected = format_money(micros(span.expected));
    if (span.least == span.most) return expected;
    return fmt::format("{} ({}-{})", expected, format_money(micros(span.least)),
                       format_money(micros(span.most)));
}

json::Value value_of(jobs::Span const& span, json::Value (*convert)(std::uint64_t)) {
    json::Value value;
    value.set("min", convert(span.least));
    value.set("expected", convert(span.expected));
    value.set("max", convert(span.most));
    return value;
}

constexpr std::size_t job_columns_max = 40;
constexpr std::size_t action_columns_max = 30;
constexpr std::size_t number_columns_max = 40;

json::Value as_count(std::uint64_t count) { return json::Value(count); }
json::Value as_money(std::uint64_t amount) { return money_value(micros(amount)); }

/// Returns "4 accounts: a 3 at once, 1/s, up to 5.00 USD; b …"; "" for a single token.
std::string accounts_text(jobs::JobFile const& file) {
    auto const& accounts = file.service.accounts;
    if (accounts.empty()) return {};
    std::vector<std::string> each;
    for (auto const& account : accounts) {
        auto text =
            fmt::format("{} {} at once, {:g}/s", account.name.empty() ? "(no name)" : account.name,
                        account.concurrency, account.rate);
        if (account.cost_cap)
            text += fmt::format(", up to {} {}", format_money(*account.cost_cap),
                                file.shown_currency());
        each.push_back(std::move(text));
    }
    return fmt::format("{}: {}\n", counted(accounts.size(), "account"), fmt::join(each, "; "));
}

/// Returns the forms that were found out of the tables, each file once.
std::vector<jobs::FoundForm> found_forms(jobs::JobFile const& file) {
    std::vector<jobs::FoundForm> forms;
    for (auto const& job : file.jobs) {
        if (!job->table) continue;
        for (auto& form : job->table->found()) {
            bool const is_known = std::any_of(forms.begin(), forms.end(), [&form](auto const& one) {
                return one.file == form.file && one.text() == form.text();
            });
            if (!is_known) forms.push_back(std::move(form));
        }
    }
    return forms;
}

/// Returns a line for each file of a table of which something was found out.
std::string tables_text(jobs::JobFile const& file) {
    std::vector<std::string> lines;
    for (auto const& form : found_forms(file))
        lines.push_back(fmt::format("Table {}: {}\n", form.file, form.text()));
    for (auto const& job : file.jobs) {
        if (job->left_out > 0)
            lines.push_back(fmt::format("Job {}: {} without a prompt left out\n", job->id,
                                        counted(job->left_out, "row")));
    }
    constexpr std::size_t lines_max = 10;
    auto const more = lines.size() > lines_max ? lines.size() - lines_max : 0;
    lines.resize(lines.size() - more);
    auto const end = more > 0 ? fmt::format("and {} more tables\n", more) : "";
    return join(lines, "") + end;
}

/// Warns when the budget is below the expected figures, or below the largest possible ones.
/// `spent`: what counts against it before.
std::string budget_text(jobs::JobFile const& file, jobs::Estimate const& plan,
                        engine::Totals const& spent) {
    auto const& generations = file.budget.generations;
    auto const& cost = file.budget.cost;
    auto const is_above = [&](auto value_of) {
        auto const paid =
            static_cast<std::uint64_t>(spent.paid + spent.open) + value_of(plan.steps);
        auto const paid_cost =
            static_cast<std::uint64_t>(spent.cost + spent.open_price) + value_of(plan.cost);
        bool const too_many = generations && paid > static_cast<std::uint64_t>(*generations);
        return too_many || (cost && paid_cost > static_cast<std::uint64_t>(*cost));
    };
    bool const is_sure = is_above([](jobs::Span const& span) { return span.expected; });
    if (!is_sure && !is_above([](jobs::Span const& span) { return span.most; })) return {};
    auto const before =
        spent.paid > 0 ? fmt::format(" ({} and {} are spent)",
                                     counted(static_cast<std::uint64_t>(spent.paid), "generation"),
                                     format_money(spent.cost))
                       : std::string();
    return fmt::format("The budget of {}{} {} the run before that.\n",
                       budget_words(file.budget, file.shown_currency()), before,
                       is_sure ? "ends" : "may end");
}

/// Says what all runs of the account may spend in a day and a month, where that is limited.
std::string days_text(jobs::JobFile const& file, jobs::Estimate const& plan) {
    std::string limits;
    bool is_above = false;
    auto const add = [&](std::optional<jobs::Micros> most, std::string_view time) {
        if (!most) return;
        limits += fmt::format("{}{} a {}", limits.empty() ? "" : " and ",
                              money_text(*most, file.shown_currency()), time);
        is_above = is_above || plan.cost.expected > static_cast<std::uint64_t>(*most);
    };
    add(file.budget.per_day, "day");
    add(file.budget.per_month, "month");
    if (limits.empty()) return {};
    return fmt::format("All runs of the account together may spend {}{}.\n", limits,
                       is_above ? ": that ends the run before that" : "");
}

/// Warns when the accounts may not spend as much in all.
std::string caps_text(jobs::JobFile const& file, jobs::Estimate const& plan,
                      engine::Totals const& spent) {
    auto const& accounts = file.service.accounts;
    bool const are_capped =
        !accounts.empty() && std::all_of(accounts.begin(), accounts.end(),
                                         [](auto const& one) { return one.cost_cap.has_value(); });
    if (!are_capped) return {};
    jobs::Micros caps = 0;
    for (auto const& account : accounts) caps += *account.cost_cap;
    auto const before = spent.cost + spent.open_price;
    bool const is_sure = before + micros(plan.cost.expected) > caps;
    if (!is_sure && before + micros(plan.cost.most) <= caps) return {};
    return fmt::format("The accounts may spend {} in all{}: that {} the run before that.\n",
                       money_text(caps, file.shown_currency()),
                       before > 0 ? fmt::format(" ({} is spent)", format_money(before)) : "",
                       is_sure ? "ends" : "may end");
}

json::Value budget_json(jobs::Budget const& budget) {
    json::Value value;
    value.set("generations", budget.generations ? json::Value(*budget.generations) : json::Value());
    auto const money = [](std::optional<jobs::Micros> const& most) {
        return most ? money_value(*most) : json::Value();
    };
    value.set("cost", money(budget.cost));
    value.set("per_day", money(budget.per_day));
    value.set("per_month", money(budget.per_month));
    return value;
}

json::Array accounts_json(jobs::JobFile const& file) {
    json::Array accounts;
    for (auto const& account : file.service.accounts) {
        json::Value value;
        value.set("name", account.name.empty() ? json::Value() : json::Value(account.name));
        value.set("concurrency", account.concurrency);
        value.set("rate", account.rate);
        value.set("cost_cap", account.cost_cap ? money_value(*account.cost_cap) : json::Value());
        accounts.push_back(std::move(value));
    }
    return accounts;
}

/// Returns the table of these steps, with their images, cost and time.
std::string table_of(PlanReport const& plan, jobs::Estimate const& estimate,
                     engine::Totals const& spent) {
    auto const& file = plan.file;
    struct Cells {
        std::string job, action, steps, cost;
    };
    std::vector<Cells> rows{{"job", "action", "steps", "cost " + file.shown_currency()}};
    for (auto const& row : estimate.rows)
        rows.push_back({row.job, row.action, count_of(row.steps), money_of(row.cost)});
    rows.push_back({"total", "", count_of(estimate.steps), money_of(estimate.cost)});
    auto const width = [&rows](std::string Cells::*cell, std::size_t most) {
        std::size_t columns = 0;
        for (auto const& row : rows) columns = std::max(columns, columns_of(row.*cell));
        return std::min(columns, most);
    };
    auto const job_width = width(&Cells::job, job_columns_max);
    auto const action_width = width(&Cells::action, action_columns_max);
    auto const step_width = width(&Cells::steps, number_columns_max);
    auto const cost_width = width(&Cells::cost, number_columns_max);
    std::string text;
    for (auto const& row : rows)
        text += fmt::format("{}  {}  {:>{}}  {:>{}}\n", fit_middle(row.job, job_width),
                            fit_middle(row.action, action_width), row.steps, step_width, row.cost,
                            cost_width);
    text += fmt::format("{}: {}, {}, about {}{}; about {} at {} at once and {:g}/s\n", file.name,
                        counted(estimate.items, "item"), images_of(estimate.images),
                        format_bytes(estimate.bytes.expected),
                        plan.free ? fmt::format(" of {} free", format_bytes(*plan.free)) : "",
                        format_span(estimate.time), file.limits.concurrency, file.limits.rate);
    if (plan.free && *plan.free < estimate.bytes.expected)
        text += "Warning: the disk has no room for all of that.\n";
    return text + tables_text(file) + accounts_text(file) + budget_text(file, estimate, spent) +
           days_text(file, estimate) + caps_text(file, estimate, spent);
}

} // namespace

std::string plan_text(PlanReport const& plan) {
    auto const& fresh = plan.next.fresh;
    auto const rest = next_run_text(plan.next);
    if (fresh.steps.most == 0)
        return fmt::format("{}: nothing is left to pay\n", plan.file.name) + rest;
    return table_of(plan, fresh, plan.next.spent) + rest;
}

std::string whole_plan_text(PlanReport const& plan) { return table_of(plan, plan.estimate, {}); }

std::string question(std::string const& name, NextRun const& next, std::string const& currency) {
    auto const& fresh = next.fresh;
    bool const is_sure = fresh.steps.least == fresh.steps.most;
    auto text = fmt::format("{}: {}{}, {} {}", name, is_sure ? "" : "up to ",
                            counted(fresh.steps.most, "generation"),
                            format_money(micros(fresh.cost.most)), currency);
    if (next.done > 0) text += fmt::format("; {} done already", counted(next.done, "step"));
    if (next.unknown > 0) text += fmt::format("; {} unknown", counted(next.unknown, "step"));
    return text + ". Go on?";
}

std::string question(std::string const& name, jobs::Estimate const& whole,
                     std::string const& currency) {
    return fmt::format("{}: up to {}, {} {}, less what is paid already. Go on?", name,
                       counted(whole.steps.most, "generation"),
                       format_money(micros(whole.cost.most)), currency);
}

json::Array tables_json(jobs::JobFile const& file) {
    json::Array tables;
    for (auto const& form : found_forms(file)) {
        json::Value table = json::Object{{"file", form.file}};
        if (form.delimiter) table.set("delimiter", std::string(1, *form.delimiter));
        if (form.encoding) table.set("encoding", *form.encoding);
        if (form.is_gzip) table.set("gzip", true);
        if (form.ends_lines_with_cr) table.set("line_end", "CR");
        tables.push_back(std::move(table));
    }
    return tables;
}

json::Value to_json(PlanReport const& plan) {
    auto const& file = plan.file;
    auto const& estimate = plan.estimate;
    json::Array rows;
    for (auto const& row : estimate.rows) {
        json::Value value;
        value.set("job", row.job);
        value.set("action", row.action);
        value.set("steps", value_of(row.steps, as_count));
        value.set("cost", value_of(row.cost, as_money));
        rows.push_back(std::move(value));
    }
    json::Value out;
    out.set("name", file.name);
    out.set("items", estimate.items);
    out.set("steps", value_of(estimate.steps, as_count));
    out.set("images", value_of(estimate.images, as_count));
    out.set("bytes", value_of(estimate.bytes, as_count));
    out.set("free", plan.free ? json::Value(*plan.free) : json::Value());
    out.set("cost", value_of(estimate.cost, as_money));
    out.set("currency", file.prices.currency);
    out.set("budget", budget_json(file.budget));
    out.set("next", to_json(plan.next));
    out.set("seconds", std::chrono::duration<double>(estimate.time).count());
    out.set("actions", std::move(rows));
    if (!file.service.accounts.empty()) out.set("accounts", accounts_json(file));
    if (auto tables = tables_json(file); !tables.empty()) out.set("tables", std::move(tables));
    std::uint64_t left_out = 0;
    for (auto const& job : file.jobs) left_out += job->left_out;
    if (left_out > 0) out.set("rows_left_out", as_count(left_out));
    return out;
}

std::string step_line(jobs::Step const& step) {
    auto const info = engine::info_of(step);
    auto const line =
        printable(fmt::format("{}  {}  {}", step_name(info), info.action, info.prompt));
    return std::string(trim(line));
}

namespace {

/// Returns the row of a table that made the item, or null.
json::Value row_json(jobs::Item const& item) {
    if (!item.table) return {};
    return json::Object{{"file", item.table->shown(item.file)}, {"line", item.line}};
}

json::Value variables_json(jobs::Variables const& variables) {
    json::Value out = json::Object();
    for (auto const& [name, value] : variables) out.set(name, value);
    return out;
}

} // namespace

json::Value to_json(jobs::Step const& step, jobs::Prices const& prices) {
    auto const info = engine::info_of(step);
    json::Value line;
    line.set("key", to_hex(step.key));
    line.set("job", info.job);
    line.set("item", info.item);
    line.set("repeat", info.repeat);
    line.set("path", info.path);
    line.set("row", row_json(*step.item));
    line.set("variables", variables_json(step.item->variables));
    line.set("drawn", info.drawn.is_object() ? info.drawn : json::Value(json::Object()));
    line.set("action", info.action);
    line.set("prompt", info.prompt);
    line.set("price", money_value(prices.of(info.action)));
    line.set("request", step.request.body);
    return line;
}

} // namespace darkroom::report
