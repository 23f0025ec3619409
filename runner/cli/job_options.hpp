// The options of every command that reads job files, and the files as they make them.
#pragma once

#include "jobs/plan/plan.hpp"
#include "jobs/read/load.hpp"
#include "runner/base/json.hpp"
#include "runner/cli/exit_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace darkroom::cli {

struct JobOptions {
    std::vector<std::string> files; ///< "-" is standard input.
    std::vector<std::string> sets;  ///< PATH=VALUE
    std::string service;
    std::string rate;
    std::optional<int> concurrency;
    std::vector<std::string> only;
    std::optional<std::uint64_t> limit;
    std::string shard; ///< See shard_of().
    bool strict = false;
};

/// FILE… and the options that change what is in them; they write into `options`.
void add_file_options(CLI::App& command, JobOptions& options);
/// --only, --limit and --shard: which part of it.
void add_part_options(CLI::App& command, JobOptions& options);

/// One job file, ready to run; and what it takes to read it again the same way.
struct Job {
    jobs::JobFile file;
    jobs::PlanOptions plan;
    std::string path; ///< Absolute: relative paths in the file are relative to it.
    std::string text;
    jobs::LoadOptions load;
    std::vector<std::string> untold; ///< Warnings that were not printed.
};

/// What of the findings in a job file is printed.
enum class Say { nothing, errors, all };

/// Reads a file and prints what is wrong with it. Throws Quit: no_input, bad_file (after the
/// errors), usage for an option that does not fit the file.
Job load_job(JobOptions const& options, std::string const& path, Say say = Say::all);

/// Refuses a job of very many items that nobody has said yes to. Throws Quit(usage).
void check_number_of_items(Job const& job, bool yes);

/// The user's own settings, which need not exist; "" when there is no place for them.
std::string user_config();

/// Of findings with an error: wrong usage when every error is about an option, else a bad file.
ExitCode code_of(std::vector<jobs::Finding> const& findings);

/// What was found, in the order of the file: with what this version cannot do among the errors.
jobs::Loaded check_job(std::string const& text, std::string const& path,
                       jobs::LoadOptions const& options);
/// The --set options, and the other flags as such; a flag wins over a --set. Throws Quit(usage).
std::vector<jobs::Override> overrides_of(JobOptions const& options);

/// The name under which a run directory remembers its job.
constexpr std::string_view memory_of_job = "job_file";
/// A Job as the run directory remembers it, for `retry`.
std::string to_memory(Job const& job);
/// The same without --only, --limit and --shard.
std::string without_part(std::string const& memory);
/// Throws Quit(bad_file): a text of another version, or a file that is no longer right.
Job from_memory(std::string const& memory, Say say = Say::all);

} // namespace darkroom::cli
