// The lines of `status` for a person.
#include "runner/base/text.hpp"
#include "runner/report/board.hpp"
#include "runner/report/status.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

namespace darkroom::report {

namespace {

constexpr std::size_t prompt_columns = 60;
constexpr std::size_t jobs_shown_max = 20;

/// One of the steps has the picture of the other.
std::string shared_lines(Status const& status) {
    std::string lines;
    for (auto const& task : status.shared)
        lines += printable(fmt::format("Task {} belongs to {} steps, but was paid once: {}",
                                       task.task_id, task.steps.size(), join(task.steps, ", "))) +
                 '\n';
    return lines;
}

std::string counts_line(Status const& status) {
    auto const is = status.by_state();
    auto line = fmt::format("{}: {}", printable(status.directory), steps_text(is));
    auto const in_flight = status.in_flight();
    if (in_flight > 0) line += fmt::format(", {} in flight", in_flight);
    auto const rest = is.pending - std::min(is.pending, in_flight);
    if (rest > 0)
        line += fmt::format(", {} {}", rest, status.running ? "to come" : "left for the next run");
    return line + '\n';
}

std::string run_line(Status const& status) {
    auto text = status.running    ? running_text(*status.running, status.now)
                : status.last_run ? ended_text(*status.last_run)
                                  : std::string();
    if (text.empty()) return text;
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    bool const has_more = status.last_run && status.last_run->ending && !status.running &&
                          status.last_run->ending->exit == 0 &&
                          status.by_state().done < status.by_state().all && status.waiting == 0;
    if (has_more) text += "; it was run for a part of the file";
    text += '\n';
    auto const changes = status.running ? changes_text(status.running->changes) : std::string();
    return changes.empty() ? text : text + changes + '\n';
}

std::string account_lines(Status const& status) {
    std::string lines;
    if (!status.has_named_accounts()) return lines;
    for (auto const& [name, totals] : status.accounts)
        lines +=
            printable(fmt::format("  {}: {} paid, {}", account_name(name),
                                  counted(static_cast<std::uint64_t>(totals.paid), "generation"),
                                  money_text(totals.cost, status.currency))) +
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

/// Returns "  cars: 1.56 (40 generate, 20 upscale1)".
std::string payment_line(std::string const& job, std::map<std::string, Payment> const& actions,
                         std::string const& currency) {
    jobs::Micros cost = 0;
    std::vector<std::string> parts;
    for (auto const& [action, payment] : actions) {
        cost += payment.cost;
        parts.push_back(fmt::format("{} {}", payment.generations, action));
    }
    return printable(
               fmt::format("  {}: {} ({})", job, money_text(cost, currency), join(parts, ", "))) +
           '\n';
}

/// Returns nothing when the sum above says the same.
std::string payment_lines(Status const& status) {
    std::string lines;
    if (!status.plan) return lines;
    auto const& payments = status.plan->payments;
    auto const rest = status.paid_for_others();
    bool const is_one_sum =
        payments.size() < 2 && (payments.empty() || payments.begin()->second.size() < 2);
    if (is_one_sum && rest.generations == 0) return lines;
    std::size_t shown = 0;
    for (auto const& [job, actions] : payments) {
        if (shown++ == jobs_shown_max) break;
        lines += payment_line(job, actions, status.currency);
    }
    if (payments.size() > jobs_shown_max)
        lines += fmt::format("  and {}\n", counted(payments.size() - jobs_shown_max, "more job"));
    if (rest.generations > 0)
        lines += fmt::format("  no longer wanted, or paid again: {} ({})\n",
                             money_text(rest.cost, status.currency),
                             counted(rest.generations, "generation"));
    return lines;
}

/// Returns "; prompt: a fox", for a step that has one.
std::string prompt_of(engine::FailedRow const& row) {
    return row.prompt.empty() ? "" : "; prompt: " + cut(row.prompt, prompt_columns);
}

std::string line_of_table(TableLine const& line) {
    return line.table.empty() ? "" : fmt::format("; {}:{}", line.table, line.line);
}

std::string failure_lines(Status const& status) {
    std::string lines;
    std::uint64_t shown = 0;
    for (auto const& step : status.failures) {
        if (shown == failures_shown_max) break;
        ++shown;
        lines += printable(fmt::format(
                     "  {}  {}  {}{}{}", step.name, step.row.is_paid ? "image missing" : "failed",
                     describe(step.row.problem), prompt_of(step.row), line_of_table(step.line))) +
                 '\n';
    }
    if (status.gave_up > shown) lines += fmt::format("  and {} more\n", status.gave_up - shown);
    return lines;
}

/// Says what a retry would try: it takes the part of the file that the last run had.
std::string advice_lines(Status const& status) {
    Failures const all{status.by_state().failed, status.rejected, 0};
    auto const failures = status.of_part.value_or(all);
    auto const directory = printable(status.directory);
    auto text = advice_on_failures(failures.all, failures.rejected, directory);
    if (!text.empty()) text += '\n';
    if (failures.outside > 0)
        text += fmt::format("{} {} outside of the part that was run last: run the whole file, then "
                            "'darkroom retry {}'.\n",
                            counted(failures.outside, "failed step"),
                            failures.outside == 1 ? "is" : "are", directory);
    return text;
}

} // namespace

std::string failed_line(engine::FailedRow const& row) {
    return printable(
        fmt::format("{}  {}{}", step_name(row), describe(row.problem), prompt_of(row)));
}

Payment Status::paid_for_others() const {
    auto const totals = counts.totals();
    Payment rest{static_cast<std::uint64_t>(totals.paid), totals.cost};
    if (!plan) return rest;
    for (auto const& [job, actions] : plan->payments) {
        for (auto const& [action, payment] : actions) {
            rest.generations -= std::min(rest.generations, payment.generations);
            rest.cost -= payment.cost;
        }
    }
    return rest;
}

std::string status_text(Status const& status) {
    auto const totals = status.counts.totals();
    auto text = counts_line(status) + run_line(status);
    text += fmt::format("{}; {} paid, {}\n",
                        counted(static_cast<std::uint64_t>(status.images), "image"),
                        counted(static_cast<std::uint64_t>(totals.paid), "generation"),
                        printable(money_text(totals.cost, status.currency)));
    text += payment_lines(status) + account_lines(status) + waiting_line(status);
    if (status.removed > 0)
        text +=
            fmt::format("{} removed by clean; 'darkroom clean {} --undo' lets the next run load "
                        "{} again\n",
                        counted(status.removed, "image") + (status.removed == 1 ? " was" : " were"),
                        printable(status.directory), status.removed == 1 ? "it" : "them");
    text += failure_lines(status) + advice_lines(status);
    if (!status.running) {
        if (status.plan) text += missing_text(status.plan->missing);
        for (auto const& line : unknown_lines(status.unknown_steps, status.directory))
            text += line + '\n';
    }
    for (auto const& line : charge_lines(status.charges, status.currency)) text += line + '\n';
    return text + shared_lines(status);
}

} // namespace darkroom::report
