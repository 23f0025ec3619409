// When a job file runs by itself. darkroom has no scheduler: systemd and cron have one.
#pragma once

#include "jobs/schedule/cron.hpp"
#include "jobs/schedule/dated_name.hpp"
#include "runner/base/clock.hpp"

#include <optional>
#include <string>

namespace darkroom::jobs {

struct Schedule {
    std::string text; ///< As it was written.
    Cron cron;
    std::string timezone;              ///< "": the machine's.
    Duration jitter{};                 ///< A start is later by up to so much.
    std::optional<Duration> keep = {}; ///< Pictures of older runs of this name are removed.
};

} // namespace darkroom::jobs
