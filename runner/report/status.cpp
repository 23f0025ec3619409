#include "runner/report/status.hpp"

#include "runner/base/text.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::report {

namespace {

using engine::Phase;

/// More steps than this are counted, not listed.
constexpr std::size_t listed_max = 50;

std::string name_of_row(engine::FailedRow const& row) {
    engine::StepInfo info;
    info.job = row.job;
    info.item = row.item;
    info.repeat = row.repeat;
    info.path = row.path;
    return step_name(info);
}

void list(Status& status, engine::FailedRow const& row, Trouble trouble) {
    if (status.troubled.size() < listed_max)
        status.troubled.push_back({name_of_row(row), row.prompt, trouble, row.problem});
}

Result<> read_troubled(engine::History& history, Status& status, std::set<Digest> const* wanted) {
    TRY(history.for_each_failed([&status, wanted](engine::FailedRow const& row) -> Result<> {
        if (wanted != nullptr && !wanted->contains(row.key)) return {};
        ++status.gave_up;
        status.rejected += row.problem.verdict == engine::Verdict::rejected ? 1 : 0;
        list(status, row, row.is_paid ? Trouble::image_missing : Trouble::failed);
        return {};
    }));
    TRY_ASSIGN(status.unknown_steps, read_unknown_steps(history));
    status.unknown = status.unknown_steps.all;
    for (auto const& step : status.unknown_steps.first) {
        if (status.troubled.size() == listed_max) break;
        status.troubled.push_back(
            {step_name(step.info), step.info.prompt, Trouble::unknown, step.problem});
    }
    return history.for_each_charged_again(
        [&](Digest const& key, engine::ChargedAgain const& charge) -> Result<> {
            TRY_ASSIGN(auto const state, history.state_of(key));
            status.charges.add(second_charge_of(key, charge, state));
            return {};
        });
}

json::Value to_json(TroubledStep const& step) {
    json::Value value;
    value.set("step", step.name);
    value.set("state", name_of(step.trouble));
    value.set("class", name_of(step.problem.verdict));
    value.set("code", step.problem.code);
    value.set("message", step.problem.message);
    value.set("trace_id", step.problem.trace_id);
    value.set("prompt", step.prompt.empty() ? json::Value() : json::Value(step.prompt));
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

/// One of the steps has the picture of the other.
std::string shared_lines(Status const& status) {
    std::string lines;
    for (auto const& task : status.shared)
        lines += printable(fmt::format("Task {} belongs to {} steps, but was paid once: {}",
                                       task.task_id, task.steps.size(), join(task.steps, ", "))) +
                 '\n';
    return lines;
}

json::Array accounts_of(Status const& status) {
    json::Array accounts;
    for (auto const& [name, totals] : status.accounts) {
        json::Value value;
        value.set("name", name.empty() ? json::Value() : json::Value(name));
        value.set("paid", totals.paid);
        value.set("cost", money_value(totals.cost));
        accounts.push_back(std::move(value));
    }
    return accounts;
}

std::string counts_line(Status const& status) {
    auto const is = status.by_state();
    auto line = fmt::format("{}: {}", printable(status.directory), steps_text(is));
    if (is.pending > 0) line += fmt::format(", {} left for the next run", is.pending);
    return line + '\n';
}

std::string account_lines(Status const& status) {
    std::string lines;
    if (!status.has_named_accounts()) return lines;
    for (auto const& [name, totals] : status.accounts)
        lines += printable(fmt::format("  {}: {} generations paid, {}", account_name(name),
                                       totals.paid, format_money(totals.cost))) +
                 '\n';
    return lines;
}

std::string waiting_line(Status const& status) {
    if (status.waiting == 0) return {};
    auto const branches =
        status.waiting == 1 ? std::string("1 branch") : fmt::format("{} branches", status.waiting);
    return fmt::format("{} waiting for picks: 'darkroom pick {}' shows what\n", branches,
                       printable(status.directory));
}

/// Returns "; prompt: a fox", for a step that has one.
std::string prompt_of(TroubledStep const& step) {
    constexpr std::size_t prompt_columns = 60;
    return step.prompt.empty() ? "" : "; prompt: " + cut(step.prompt, prompt_columns);
}

std::string trouble_lines(Status const& status) {
    std::string lines;
    std::uint64_t shown = 0;
    for (auto const& step : status.troubled) {
        if (step.trouble == Trouble::unknown) continue; // listed apart, with what ends it
        lines += printable(fmt::format("  {}  {}  {}{}", step.name, name_of(step.trouble),
                                       describe(step.problem), prompt_of(step))) +
                 '\n';
        ++shown;
    }
    if (status.gave_up > shown) lines += fmt::format("  and {} more\n", status.gave_up - shown);
    return lines;
}

} // namespace

std::string failed_line(engine::FailedRow const& row) {
    TroubledStep const step{name_of_row(row), row.prompt, Trouble::failed, row.problem};
    return printable(fmt::format("{}  {}{}", step.name, describe(step.problem), prompt_of(step)));
}

std::string_view name_of(Trouble trouble) {
    switch (trouble) {
    case Trouble::failed: return "failed";
    case Trouble::unknown: return "unknown";
    case Trouble::image_missing: return "image missing";
    }
    return "failed";
}

bool Status::has_named_accounts() const {
    return accounts.size() > 1 || (accounts.size() == 1 && !accounts.begin()->first.empty());
}

StepsByState Status::by_state() const {
    if (plan) return plan->by_state();
    auto const of = [this](Phase phase) { return static_cast<std::uint64_t>(counts.of(phase)); };
    StepsByState is{0,       of(Phase::finished), of(Phase::failed), of(Phase::skipped),
                    unknown, of(Phase::wanted)};
    is.all = is.done + is.failed + is.skipped + is.unknown + is.pending;
    return is;
}

Result<Status> read_status(engine::History& history, std::string directory,
                           std::set<Digest> const* wanted) {
    Status status;
    status.directory = std::move(directory);
    auto const counts = history.counts();
    if (counts.has_error()) return counts.error();
    status.counts = *counts;
    auto accounts = history.paid_by_account();
    if (accounts.has_error()) return accounts.error();
    status.accounts = std::move(*accounts);
    auto const images = history.count_images();
    if (images.has_error()) return images.error();
    status.images = *images;
    TRY(read_troubled(history, status, wanted));
    return status;
}

json::Value to_json(Status const& status) {
    json::Array troubles;
    for (auto const& step : status.troubled) troubles.push_back(to_json(step));
    auto const totals = status.counts.totals();
    json::Value out;
    out.set("directory", status.directory);
    out.set("total", status.by_state().all);
    out.set("steps", to_json(status.by_state()));
    out.set("waiting", status.waiting);
    out.set("images", status.images);
    out.set("paid", totals.paid);
    out.set("cost", money_value(totals.cost));
    out.set("troubles", std::move(troubles));
    out.set("unknown_steps", to_json(status.unknown_steps));
    out.set("charged_again", to_json(status.charges));
    json::Array shared;
    for (auto const& task : status.shared) shared.push_back(to_json(task));
    out.set("shared_tasks", std::move(shared));
    if (status.has_named_accounts()) out.set("accounts", accounts_of(status));
    return out;
}

std::string status_text(Status const& status) {
    auto const totals = status.counts.totals();
    auto text = counts_line(status);
    text += fmt::format(
        "{}; {} paid, {}\n", counted(static_cast<std::uint64_t>(status.images), "image"),
        counted(static_cast<std::uint64_t>(totals.paid), "generation"), format_money(totals.cost));
    text += account_lines(status) + waiting_line(status) + trouble_lines(status);
    auto const advice =
        advice_on_failures(status.by_state().failed, status.rejected, printable(status.directory));
    if (!advice.empty()) text += advice + '\n';
    for (auto const& line : unknown_lines(status.unknown_steps, status.directory))
        text += line + '\n';
    for (auto const& line : charge_lines(status.charges)) text += line + '\n';
    return text + shared_lines(status);
}

} // namespace darkroom::report
