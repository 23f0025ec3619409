// Puts a job file's start into the hands of systemd or cron, and takes it out again.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/systemd_units.hpp"

namespace darkroom::cli {

/// Returns the absolute path of the file with the token for runs by themselves: `given`, or what
/// the job file names; "" when none is needed. Throws Quit: usage, when the token is in the
/// environment only; no_input.
std::string token_file_for(jobs::JobFile const& file, std::string const& given);

/// Refuses a schedule in another time zone than the machine's, in which cron would start it. Throws
/// Quit(usage).
void check_zone_of_cron(jobs::JobFile const& file);

/// Writes the user's units and enables their timer, or adds a line to the user's crontab. Says what
/// it wrote, and what is left to do. Returns some_failed when the timer is not enabled. Throws
/// Quit: disk; usage, when there is no home, or no crontab.
ExitCode install_schedule(Timetable const& table, bool is_cron);

/// Removes the units and the line of a job file, whichever there are. `given` is the path of the
/// file, which may be gone, or the name of its unit. Returns some_failed when a timer could not be
/// stopped. Throws Quit: disk.
ExitCode uninstall_schedule(std::string const& given);

} // namespace darkroom::cli
