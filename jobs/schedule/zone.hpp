// Time zones by the system's database. zone.cpp is the only file that knows the library for it.
#pragma once

#include "jobs/schedule/cron.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace darkroom::jobs {

using SysSeconds = std::chrono::sys_seconds;
using LocalSeconds = std::chrono::local_seconds;

/// A time zone with its history. It is a name for what the library keeps: cheap to copy.
class Zone {
public:
    /// Returns the zone of a name such as `Europe/Paris`. Errors: there is none of that name.
    static Result<Zone> named(std::string const& name);
    /// Returns the machine's. `variable`: what TZ says, or "". Errors: it names no zone.
    static Result<Zone> of_machine(std::string variable);

    std::string const& name() const;
    LocalSeconds local_of(SysSeconds time) const;
    /// Returns how far its clocks are ahead of UTC.
    std::chrono::seconds ahead_at(SysSeconds time) const;
    /// Returns the first moment at which its clocks show this; where they leap over it, that at
    /// which they would without the leap.
    SysSeconds first_of(LocalMinute time) const;

private:
    explicit Zone(date::time_zone const& zone) : zone_(&zone) {}
    date::time_zone const* zone_; ///< Never null.
};

/// Returns the first start after a moment; none in the next thirty years.
std::optional<SysSeconds> start_after(Cron const& cron, Zone const& zone, SysSeconds time);
/// Returns the last start that is not after a moment; none in the thirty years before.
std::optional<SysSeconds> start_until(Cron const& cron, Zone const& zone, SysSeconds time);

/// Returns the time as "2026-12-01 03:00 +08:00".
std::string text_of_start(Zone const& zone, SysSeconds time);

} // namespace darkroom::jobs
