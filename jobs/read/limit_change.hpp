// A change of the limits of a run that is at work.
#pragma once

#include "jobs/model/job_file.hpp"

#include <string>
#include <string_view>

namespace darkroom::jobs {

/// Changes one of `limits`: `path` is "limits.rate" or "limits.concurrency", and `value` is written
/// as in a job file. Returns "", or why nothing was changed.
std::string change_limit(Limits& limits, std::string_view path, std::string_view value);

} // namespace darkroom::jobs
