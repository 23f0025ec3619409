// A rule of cron in the words of systemd.time(7). Pure.
#pragma once

#include "jobs/schedule/cron.hpp"

#include <string>
#include <vector>

namespace darkroom::jobs {

/// Returns the values of `OnCalendar` that begin at the same minutes together. `zone`: "" for the
/// machine's.
std::vector<std::string> calendar_events(Cron const& cron, std::string const& zone);

} // namespace darkroom::jobs
