// The job of a run directory, as its last run has read it.
#pragma once

#include "runner/cli/job_options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::cli {

/// The journal in `directory`. Throws Quit(no_input) when there is none.
std::string journal_of(std::string const& directory);

/// The job file and the options of the last run, read again. Throws Quit: no_input (no run
/// directory, or one that remembers no job file), disk, bad_file.
Job remembered_job(std::string const& directory, Say say = Say::all);

/// What all these directories remember, but for the part of the job that each took (--only,
/// --limit, --shard); none when they do not agree. Throws Quit: no_input, disk.
std::optional<std::string> common_memory(std::vector<std::string> const& directories);

} // namespace darkroom::cli
