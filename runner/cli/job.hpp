// A job file as a command works on it: read, checked, and limited to the part that was asked for.
#pragma once

#include "jobs/plan/plan.hpp"
#include "jobs/read/load.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/job_options.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// Holds a job file that is ready to run, and everything needed to read it the same way again.
struct Job {
    jobs::JobFile file;
    jobs::PlanOptions plan;
    std::string path; ///< Absolute: relative paths in the file are relative to it.
    std::string text;
    bool is_kept_text = false; ///< A run directory has kept the text; no file on the disk has it.
    jobs::LoadOptions load;
    std::vector<std::string> unprinted; ///< Warnings that were not printed.
    std::string files_mark; ///< See mark_of_files(), as it was read; "" without a dated name.
};

/// Says which findings of a job file are printed.
enum class Verbosity { nothing, errors, all };

/// Reads a file and prints its findings. Throws Quit: no_input, bad_file (after the errors), usage
/// for an option that does not fit the file.
Job load_job(JobOptions const& options, std::string const& path,
             Verbosity verbosity = Verbosity::all);
/// Reads a file for a program: prints nothing, and adds its findings to `findings`, also before it
/// throws.
Job load_job(JobOptions const& options, std::string const& path,
             std::vector<std::string>& findings);
/// Applies the changes of values and --only to a job that was read. Throws Quit: bad_file, usage.
void change_job(Job& job, JobOptions const& changes);
/// Sets `job.file` from `job.text`, `job.path` and `job.load`, and prints the findings. Throws
/// Quit when one of them is an error.
void read_job(Job& job, Verbosity verbosity);

/// Returns a job with a dated name under the name of one of its runs, by which whoever reads it
/// again from the run directory knows it, too.
Job named_job(Job job, std::string const& name);

/// Returns the run directory as the user would type it; `output` is the one that was asked for, or
/// "".
std::string run_directory_of(Job const& job, std::string const& output);

/// Refuses a job of very many items unless `yes` or its max_items allows them. Throws Quit(usage).
void check_number_of_items(Job const& job, bool yes);

/// Returns the path of the user's own settings, which need not exist; "" without a home directory.
std::string user_config();

/// Returns the exit code for findings with an error: usage when every error is about an option,
/// else bad_file.
ExitCode code_of(std::vector<jobs::Finding> const& findings);

/// Reads a text and returns its findings in the order of the file, those about features that this
/// version does not support included. There is no file when one of them is an error.
jobs::Loaded check_job(std::string const& text, std::string const& path,
                       jobs::LoadOptions const& options);

} // namespace darkroom::cli
