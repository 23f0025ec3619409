// The job file that a run directory keeps: the text and the options of its last run.
#pragma once

#include "runner/cli/job.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

/// The key under which a run directory stores its job. Stored: never changed.
constexpr std::string_view saved_job_key = "job_file";

/// Writes a job as the run directory stores it, for `retry`.
std::string job_snapshot(Job const& job);
/// Returns the same snapshot without --only, --limit and --shard.
std::string without_part_options(std::string const& snapshot);
/// Says which text of the job file is read.
enum class JobText {
    saved,   ///< The text of the last run.
    on_disk, ///< The present one, as `run` would read it; the saved one when the file is gone.
};

/// Reads a job back. Throws Quit(bad_file) for a snapshot of another version, or for a job file
/// that has errors by now.
Job job_from_snapshot(std::string const& snapshot, Verbosity verbosity = Verbosity::all,
                      JobText text = JobText::saved);

/// The job file of a directory's last run, as it was then.
struct JobSource {
    std::string path; ///< Absolute.
    std::string text;
    std::vector<jobs::Override> overrides;
    std::string files_mark; ///< As in Job.
};
/// Returns none when the directory has none, or one of another version. Throws Quit(disk).
std::optional<JobSource> last_job_source(std::string const& directory);

/// Returns the name of the job of the directory's last run; none when it had none, or one whose
/// text can no longer be read.
std::optional<std::string> last_job_name(std::string const& directory);
/// Stores it. Throws Quit(disk).
void write_job_name(std::string const& directory, Job const& job);

/// Returns the path of the journal in `directory`. Throws Quit(no_input) when there is none.
std::string journal_of(std::string const& directory);

/// Reads the job file and the options of the last run. Throws Quit: no_input (no run directory, or
/// one without a saved job), disk, bad_file.
Job saved_job(std::string const& directory, Verbosity verbosity = Verbosity::all,
              JobText text = JobText::saved);

/// Returns the snapshot that all these directories share, apart from the part of the job that each
/// took (--only, --limit, --shard); none when they differ. Throws Quit: no_input, disk.
std::optional<std::string> common_snapshot(std::vector<std::string> const& directories);

} // namespace darkroom::cli
