// The saved job of a run directory, for commands that send something. The directory may have come
// from somebody else, and with it a text that names commands, addresses and files.
#pragma once

#include "runner/cli/saved_job.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// The help text of --trust.
constexpr auto trust_help =
    "use the service, the token, the tables and the hooks that the run directory keeps";

/// Says what is done with a job: a run has hooks.
enum class JobUse { run, look_up };

/// Returns what a job would do that only its owner's word allows: where requests go, which tokens
/// they carry, which tables they are made of, what its hooks do, and which options a last run is
/// said to have had. A line each; empty when the job is the user's own file. With the built-in
/// service only hooks count.
std::vector<std::string> wishes_of(Job const& job, std::string const& directory, JobUse use);

/// Reads the saved job with the text of the file on the disk, or with the kept one where that is
/// gone. Prints what needs the user's word and throws Quit(usage), unless it was given. Throws Quit
/// as saved_job() does.
Job trusted_job(std::string const& directory, Verbosity verbosity, bool is_trusted, JobUse use);

} // namespace darkroom::cli
