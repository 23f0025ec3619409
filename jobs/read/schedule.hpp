// Reads `schedule:` of a job file.
#pragma once

#include "jobs/schedule/schedule.hpp"
#include "jobs/yaml/values.hpp"

namespace darkroom::jobs {

/// Returns nothing, with an error, for a schedule that has no start.
std::optional<Schedule> read_schedule(Member const& section, Findings& findings);

} // namespace darkroom::jobs
