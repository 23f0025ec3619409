#include "runner/cli/plan_report.hpp"

#include "jobs/plan/estimate.hpp"
#include "runner/base/text.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace darkroom::cli {

namespace {

jobs::Micros micros(std::uint64_t amount) { return static_cast<jobs::Micros>(amount); }

/// "12", or "8-20" where globs make it uncertain.
std::string count_of(jobs::Span const& span) {
    if (span.least == span.most) return fmt::format("{}", span.expected);
    return fmt::format("{} ({}-{})", span.expected, span.least, span.most);
}

std::string money_of(jobs::Span const& span) {
    auto const expected = report::format_money(micros(span.expected));
    if (span.least == span.most) return expected;
    return fmt::format("{} ({}-{})", expected, report::format_money(micros(span.least)),
                       report::format_money(micros(span.most)));
}

json::Value value_of(jobs::Span const& span, json::Value (*convert)(std::uint64_t)) {
    json::Value value;
    value.set("min", convert(span.least));
    value.set("expected", convert(span.expected));
    value.set("max", convert(span.most));
    return value;
}

json::Value as_count(std::uint64_t count) { return json::Value(count); }
json::Value as_money(std::uint64_t amount) { return report::money_value(micros(amount)); }

/// Free bytes where the run directory is or will be; nothing when that can't be told.
std::optional<std::uint64_t> free_bytes(std::string const& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    auto place = fs::path(directory);
    while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
    auto const space = fs::space(place, error);
    return error ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

void walk_below(jobs::Step const& step, std::function<void(jobs::Step const&)> const& take) {
    take(step);
    for (auto const& child : jobs::steps_below(step)) walk_below(child, take);
}

/// "4 accounts: a 3 at once, 1/s, up to 5.00 USD; b …"; nothing for one token.
std::string accounts_text(jobs::JobFile const& file) {
    auto const& accounts = file.service.accounts;
    if (accounts.empty()) return {};
    std::vector<std::string> each;
    for (auto const& account : accounts) {
        auto text =
            fmt::format("{} {} at once, {:g}/s", account.name.empty() ? "(no name)" : account.name,
                        account.concurrency, account.rate);
        if (account.cost_cap)
            text += fmt::format(", up to {} {}", report::format_money(*account.cost_cap),
                                file.prices.currency);
        each.push_back(std::move(text));
    }
    return fmt::format("{} accounts: {}\n", accounts.size(), fmt::join(each, "; "));
}

/// Whether a budget is not enough: for what is expected, or for the most that it could be.
std::string budget_text(jobs::JobFile const& file, jobs::Estimate const& plan) {
    auto const& generations = file.budget.generations;
    auto const& cost = file.budget.cost;
    auto const is_above = [&](auto value_of) {
        bool const too_many =
            generations && value_of(plan.steps) > static_cast<std::uint64_t>(*generations);
        return too_many || (cost && value_of(plan.cost) > static_cast<std::uint64_t>(*cost));
    };
    bool const is_sure = is_above([](jobs::Span const& span) { return span.expected; });
    if (!is_sure && !is_above([](jobs::Span const& span) { return span.most; })) return {};
    std::vector<std::string> limits;
    if (generations) limits.push_back(fmt::format("{} generations", *generations));
    if (cost)
        limits.push_back(fmt::format("{} {}", report::format_money(*cost), file.prices.currency));
    return fmt::format("The budget of {} {} the run before that.\n", join(limits, " and "),
                       is_sure ? "ends" : "may end");
}

json::Value budget_json(jobs::Budget const& budget) {
    json::Value value;
    value.set("generations", budget.generations ? json::Value(*budget.generations) : json::Value());
    value.set("cost", budget.cost ? report::money_value(*budget.cost) : json::Value());
    return value;
}

json::Array accounts_json(jobs::JobFile const& file) {
    json::Array accounts;
    for (auto const& account : file.service.accounts) {
        json::Value value;
        value.set("name", account.name.empty() ? json::Value() : json::Value(account.name));
        value.set("concurrency", account.concurrency);
        value.set("rate", account.rate);
        value.set("cost_cap",
                  account.cost_cap ? report::money_value(*account.cost_cap) : json::Value());
        accounts.push_back(std::move(value));
    }
    return accounts;
}

} // namespace

std::string plan_text(Job const& job) {
    auto const& file = job.file;
    auto const plan = jobs::estimate(file, job.plan);
    std::size_t job_width = 5;
    std::size_t action_width = 8;
    for (auto const& row : plan.rows) {
        job_width = std::max(job_width, report::columns_of(row.job));
        action_width = std::max(action_width, report::columns_of(row.action));
    }
    auto const line = [&](std::string const& name, std::string const& action,
                          std::string const& steps, std::string const& cost) {
        return fmt::format("{}  {}  {:>16}  {:>12}\n", report::fit(name, job_width),
                           report::fit(action, action_width), steps, cost);
    };
    auto text = line("job", "action", "steps", "cost " + file.prices.currency);
    for (auto const& row : plan.rows)
        text += line(row.job, row.action, count_of(row.steps), money_of(row.cost));
    text += line("total", "", count_of(plan.steps), money_of(plan.cost));
    auto const free = free_bytes(file.output.directory);
    text +=
        fmt::format("{}: {} items, {} images, about {}{}; about {} at {} at once and {:g}/s\n",
                    file.name, plan.items, count_of(plan.images), format_bytes(plan.bytes.expected),
                    free ? fmt::format(" of {} free", format_bytes(*free)) : "",
                    format_span(plan.time), file.limits.concurrency, file.limits.rate);
    return text + accounts_text(file) + budget_text(file, plan);
}

json::Value plan_json(Job const& job) {
    auto const plan = jobs::estimate(job.file, job.plan);
    json::Array rows;
    for (auto const& row : plan.rows) {
        json::Value value;
        value.set("job", row.job);
        value.set("action", row.action);
        value.set("steps", value_of(row.steps, as_count));
        value.set("cost", value_of(row.cost, as_money));
        rows.push_back(std::move(value));
    }
    json::Value out;
    out.set("name", job.file.name);
    out.set("items", plan.items);
    out.set("steps", value_of(plan.steps, as_count));
    out.set("images", value_of(plan.images, as_count));
    out.set("bytes", value_of(plan.bytes, as_count));
    auto const free = free_bytes(job.file.output.directory);
    out.set("free", free ? json::Value(*free) : json::Value());
    out.set("cost", value_of(plan.cost, as_money));
    out.set("currency", job.file.prices.currency);
    out.set("budget", budget_json(job.file.budget));
    out.set("seconds", std::chrono::duration<double>(plan.time).count());
    out.set("actions", std::move(rows));
    if (!job.file.service.accounts.empty()) out.set("accounts", accounts_json(job.file));
    return out;
}

void print_plan(Job const& job, bool as_json) {
    if (as_json)
        print_line(json::write(plan_json(job)));
    else
        print(plan_text(job));
}

void for_each_step(Job const& job, std::function<void(jobs::Step const&)> const& take) {
    jobs::Plan plan(job.file, job.plan);
    for (;;) {
        auto item = plan.next();
        if (item.has_error()) throw Quit(ExitCode::bad_file, item.error().message());
        if (!*item) return;
        walk_below(jobs::first_step(std::move(*item)), take);
    }
}

} // namespace darkroom::cli
