#include "runner/cli/shard.hpp"

#include "runner/base/number.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr std::uint64_t parts_max = 1'000'000;

/// Returns the number in a variable; `otherwise` when it is not set.
std::uint64_t variable(char const* name, std::optional<std::uint64_t> otherwise = std::nullopt) {
    auto const text = environment(name);
    auto const number = text.empty() ? otherwise : parse_whole<std::uint64_t>(text);
    if (number) return *number;
    throw Quit(ExitCode::usage, text.empty()
                                    ? fmt::format("--shard auto: {} is not set", name)
                                    : fmt::format("--shard auto: {}={} is no number", name, text));
}

jobs::Shard checked(jobs::Shard const& shard, std::string const& text) {
    bool const fits = shard.count <= parts_max && shard.index >= 1 && shard.index <= shard.count;
    if (fits) return shard;
    throw Quit(ExitCode::usage,
               fmt::format("--shard {}: part {} of {}; parts are numbered from 1, and there are at "
                           "most {}",
                           text, shard.index, shard.count, parts_max));
}

/// Reads the variables of a SLURM array such as 0-9, 1-10 or 0-18:2: its smallest number, its step
/// and its count. Tasks of an array that are started again alone form an array of their own;
/// treated as the whole, each would buy what others have bought already, so gaps are refused.
jobs::Shard from_slurm(std::optional<std::uint64_t> parts) {
    auto const least = variable("SLURM_ARRAY_TASK_MIN", 0);
    auto const step = variable("SLURM_ARRAY_TASK_STEP", 1);
    auto const id = variable("SLURM_ARRAY_TASK_ID");
    auto const count = variable("SLURM_ARRAY_TASK_COUNT");
    if (step == 0 || id < least || (id - least) % step != 0)
        throw Quit(ExitCode::usage, "--shard auto: the SLURM_ARRAY_TASK_* variables do not fit "
                                    "together; use --shard I/N");
    if (parts && *parts != count)
        throw Quit(ExitCode::usage,
                   fmt::format("--shard auto/{}: the SLURM array has {} task{}, not {}; for some "
                               "parts only, use --shard I/{}",
                               *parts, count, count == 1 ? "" : "s", *parts, *parts));
    auto const most = variable("SLURM_ARRAY_TASK_MAX", least + (count - 1) * step);
    if (count > 0 && (most < least || (most - least) / step + 1 != count))
        throw Quit(ExitCode::usage,
                   fmt::format("--shard auto: the SLURM array has {} tasks from {} to {}: numbers "
                               "are left out; use --shard I/N",
                               count, least, most));
    return {.index = (id - least) / step + 1, .count = count};
}

jobs::Shard from_environment(std::optional<std::uint64_t> count) {
    if (!environment("SLURM_ARRAY_TASK_ID").empty()) return from_slurm(count);
    if (environment("JOB_COMPLETION_INDEX").empty())
        throw Quit(ExitCode::usage, "--shard auto: neither SLURM_ARRAY_TASK_ID nor "
                                    "JOB_COMPLETION_INDEX is set; use --shard I/N");
    return {.index = variable("JOB_COMPLETION_INDEX") + 1,
            .count = count ? *count : variable("JOB_COMPLETION_COUNT")};
}

} // namespace

std::optional<jobs::Shard> shard_of(std::string const& text) {
    if (text.empty()) return std::nullopt;
    auto const slash = text.find('/');
    auto const first = text.substr(0, slash);
    if (text == "auto") return checked(from_environment(std::nullopt), text);
    auto const count =
        parse_whole<std::uint64_t>(slash == std::string::npos ? "" : text.substr(slash + 1));
    if (first == "auto" && count) return checked(from_environment(count), text);
    auto const index = parse_whole<std::uint64_t>(first);
    if (!index || !count)
        throw Quit(ExitCode::usage, fmt::format("--shard {}: use I/N like 2/8, or auto", text));
    return checked({.index = *index, .count = *count}, text);
}

std::string text_of(jobs::Shard const& shard) {
    return fmt::format("{}/{}", shard.index, shard.count);
}

void check_share(JobOptions const& options) {
    if (options.budget_share && options.shard.empty())
        throw Quit(ExitCode::usage, "--budget-share goes with --shard I/N");
}

void share_budget(jobs::Budget& budget, std::optional<jobs::Shard> const& shard, bool is_asked) {
    bool const has_budget = budget.generations || budget.cost;
    if (!shard || shard->count == 1 || !has_budget) return;
    if (!is_asked)
        throw Quit(ExitCode::usage,
                   fmt::format("--shard {}: 'budget' is for all shards together, and none knows "
                               "what the others spend; with --budget-share this one may spend a "
                               "part of it, 1/{}",
                               text_of(*shard), shard->count));
    auto const part = [&shard](std::int64_t whole) {
        auto const count = static_cast<std::int64_t>(shard->count);
        auto const rest = static_cast<std::uint64_t>(whole % count);
        return whole / count + (shard->index <= rest ? 1 : 0);
    };
    budget.all_generations = budget.generations;
    budget.all_cost = budget.cost;
    if (budget.generations) budget.generations = part(*budget.generations);
    if (budget.cost) budget.cost = part(*budget.cost);
}

} // namespace darkroom::cli
