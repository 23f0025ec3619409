// The options of every command that reads job files.
#pragma once

#include "jobs/read/load.hpp"
#include "runner/cli/command.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::cli {

struct JobOptions {
    std::vector<std::string> files; ///< "-" is standard input.
    std::vector<std::string> sets;  ///< PATH=VALUE
    std::string service;
    std::string rate;
    std::optional<int> concurrency;
    std::vector<std::string> only;
    std::optional<std::uint64_t> limit;
    std::string shard;         ///< See shard_of().
    bool budget_share = false; ///< A shard has its part of the budget; see share_budget().
    bool strict = false;
};

/// Adds FILE… and the options that change values in the files; they write into `options`.
void add_file_options(Command const& command, JobOptions& options);
/// Adds those of them that change values, for a command that finds its job file itself.
void add_change_options(Command const& command, JobOptions& options);
void add_only_option(Command const& command, JobOptions& options);
/// Adds --only, --limit, --shard and --budget-share, which choose a part of the plan.
void add_part_options(Command const& command, JobOptions& options);

/// Returns the --set options, and the other flags as overrides after them: a flag wins over a
/// --set. Throws Quit(usage).
std::vector<jobs::Override> overrides_of(JobOptions const& options);

} // namespace darkroom::cli
