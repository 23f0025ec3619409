// Reads `schedule:` of a job file.
#pragma once

#include "jobs/schedule/schedule.hpp"
#include "jobs/yaml/values.hpp"

namespace darkroom::jobs {

/// Returns nothing, with an error, for a schedule that has no start.
std::optional<Schedule> read_schedule(Member const& section, Findings& findings);

/// Finds fault with a name whose date comes back, so that an older run would be taken for a new
/// one: a warning, or an error where the name never changes.
void check_name_of_starts(Member const& member, DatedName const& name, Cron const& cron,
                          Findings& findings);

} // namespace darkroom::jobs
