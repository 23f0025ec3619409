#include "runner/report/unknown_steps.hpp"

#include "runner/base/time_text.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::report {

namespace {

constexpr std::size_t prompt_columns_max = 60;
/// A task whose record never ends is called failed then; a request without an id can be judged by
/// a list that was read then, even when no later task of its kind is in it.
constexpr auto task_patience = std::chrono::hours(24);
constexpr auto list_patience = std::chrono::hours(1);

/// Returns "2026-11-28T09:12:03Z".
std::string to_the_second(WallTime at) { return format_rfc3339(at).substr(0, 19) + "Z"; }

json::Value to_json(UnknownStep const& step) {
    json::Value value;
    value.set("key", to_hex(step.key));
    value.set("step", step_name(step.info));
    value.set("job", step.info.job);
    value.set("item", step.info.item);
    value.set("path", step.info.path);
    value.set("prompt", step.info.prompt);
    value.set("task_id", step.task_id.empty() ? json::Value() : json::Value(step.task_id));
    value.set("since", format_rfc3339(step.since()));
    value.set("reason", reason_of(step));
    return value;
}

} // namespace

UnknownStep unknown_step_of(Digest const& key, engine::StepState const& state) {
    UnknownStep step;
    step.key = key;
    step.info = state.info;
    step.task_id = state.task_id;
    step.by_search = state.by_search;
    step.sent_at = state.submitted_at;
    step.lost_at = state.lost_at;
    step.problem = state.problem;
    return step;
}

Result<UnknownSteps> read_unknown_steps(engine::History& history) {
    UnknownSteps steps;
    TRY(history.for_each_open([&](engine::FailedRow const& row) -> Result<> {
        ++steps.all;
        if (steps.first.size() >= unknown_listed_max) return {};
        TRY_ASSIGN(auto const state, history.state_of(row.key));
        steps.first.push_back(unknown_step_of(row.key, state));
        return {};
    }));
    return steps;
}

std::string short_key(Digest const& key) { return to_hex(key).substr(0, 12); }

std::string reason_of(UnknownStep const& step) {
    if (step.lost_at == WallTime())
        return "it was sent, and no answer is recorded: the run ended before it came, or still "
               "waits for it";
    return describe(step.problem);
}

std::string end_of(UnknownStep const& step) {
    if (!step.task_id.empty())
        return printable(fmt::format("ends with the record of task {}, at the latest when a run "
                                     "asks after {}",
                                     step.task_id, to_the_second(step.sent_at + task_patience)));
    return fmt::format("ends when the service lists a later task of its kind, or with a run after "
                       "{} that can read the whole list",
                       to_the_second(step.sent_at + list_patience));
}

std::vector<std::string> unknown_lines(UnknownSteps const& steps, std::string const& directory) {
    std::vector<std::string> lines;
    if (steps.first.empty()) return lines;
    lines.emplace_back("Sent, and without a last word (never sent again until it is proven that "
                       "the service does not have it; the budget counts it as spent):");
    auto const shown = std::min(steps.first.size(), unknown_shown_max);
    for (std::size_t i = 0; i < shown; ++i) {
        auto const& step = steps.first[i];
        lines.push_back(
            printable(fmt::format("  {}  {}  {} {}", step_name(step.info), short_key(step.key),
                                  step.info.action, cut(step.info.prompt, prompt_columns_max))));
        lines.push_back(printable(
            fmt::format("    since {}: {}", to_the_second(step.since()), reason_of(step))));
        lines.push_back("    " + end_of(step));
    }
    if (steps.all > shown) lines.push_back(fmt::format("  and {} more", steps.all - shown));
    auto const key = short_key(steps.first.front().key);
    lines.emplace_back("'darkroom run' asks the service about them again and goes on; with "
                       "--settle it buys nothing.");
    lines.push_back(printable(fmt::format(
        "'darkroom audit {}' lists the tasks of the account that no step has.", directory)));
    lines.push_back(printable(fmt::format("If you know what became of one: 'darkroom resolve {0} "
                                          "{1} --task ID' names its task, 'darkroom resolve {0} "
                                          "{1} --not-taken' has it sent again.",
                                          directory, key)));
    return lines;
}

json::Array to_json(UnknownSteps const& steps) {
    json::Array all;
    for (auto const& step : steps.first) all.push_back(to_json(step));
    return all;
}

} // namespace darkroom::report
