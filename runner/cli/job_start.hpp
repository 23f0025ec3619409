// When a job with a schedule or a dated name starts.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/schedule/zone.hpp"

#include <string>

namespace darkroom::cli {

/// Returns the zone of a job's schedule; the machine's where it says none. Throws Quit(bad_file).
jobs::Zone zone_of(jobs::JobFile const& file);
/// Returns when a run of the job has begun by its schedule, that is the last start of it until
/// `now`; without a schedule, `now`. Throws Quit(bad_file).
jobs::SysSeconds start_of(jobs::JobFile const& file, WallTime now);
/// Returns the name of a job at its start; its name, if that is not dated. Throws Quit(bad_file).
std::string name_at_start(jobs::JobFile const& file, WallTime now);

} // namespace darkroom::cli
