#include "runner/cli/job_start.hpp"

#include "runner/cli/command.hpp"
#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

jobs::Zone zone_of(jobs::JobFile const& file) {
    bool const is_named = file.schedule && !file.schedule->timezone.empty();
    auto zone = is_named ? jobs::Zone::named(file.schedule->timezone)
                         : jobs::Zone::of_machine(environment("TZ"));
    if (zone.has_error())
        throw Quit(ExitCode::bad_file, fmt::format("{}: {}", file.path, zone.error().detail));
    return *zone;
}

jobs::SysSeconds start_of(jobs::JobFile const& file, WallTime now) {
    auto const second = std::chrono::floor<std::chrono::seconds>(now);
    if (!file.schedule) return second;
    return jobs::start_until(file.schedule->cron, zone_of(file), second).value_or(second);
}

std::string name_at_start(jobs::JobFile const& file, WallTime now) {
    if (!file.dated_name) return file.name;
    return file.dated_name->at(zone_of(file).local_of(start_of(file, now)));
}

} // namespace darkroom::cli
