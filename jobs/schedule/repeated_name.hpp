// Names with dates that come back under a rule of cron. Pure.
#pragma once

#include "jobs/schedule/cron.hpp"
#include "jobs/schedule/dated_name.hpp"

#include <optional>
#include <string>

namespace darkroom::jobs {

/// Two starts that have one name, with another one between them or at every start.
struct RepeatedName {
    std::string name;
    LocalMinute first;
    LocalMinute again;
    bool is_constant = false; ///< Every start has it.
};

/// Looks for a name that comes back within thirteen months, in all starts of two days and in up to
/// 24 of each other one; where there is but one start in that time, until the next. Starts in a row
/// may share a name: those of one month have {{date:%Y-%m}}.
std::optional<RepeatedName> repeated_name(DatedName const& name, Cron const& cron);

/// Returns "2030-01-05 03:00".
std::string text_of_minute(LocalMinute time);

} // namespace darkroom::jobs
