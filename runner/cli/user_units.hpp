// The units of systemd that start job files of this user: their names, their files, their timers.
#pragma once

#include "runner/cli/systemd_units.hpp"

#include <string>

namespace darkroom::cli {

/// Writes the units of a job file and enables their timer. Says what it wrote. Returns false, with
/// the reason and what is left to do on standard error, when the timer is not enabled. Throws Quit:
/// disk; usage, when there is no home, or no unit can name the file.
bool install_units(Timetable const& table);

/// Says what became of units that were to be removed.
enum class Units { none, removed, not_stopped };

/// Returns the whole path of a job file as it was typed, which may also be the name of the unit
/// that starts it.
std::string scheduled_file(std::string const& given);

/// Removes the units of a job file, which need not exist any more. Throws Quit: disk.
Units uninstall_units(std::string const& file);

} // namespace darkroom::cli
