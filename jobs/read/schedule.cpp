#include "jobs/read/schedule.hpp"

#include "jobs/schedule/zone.hpp"

#include <fmt/format.h>

#include <array>

namespace darkroom::jobs {

namespace {

using namespace std::chrono_literals;

constexpr TimeBounds jitter_bounds{0s, 24h};
constexpr TimeBounds keep_bounds{1h, 87'600h}; // ten years

} // namespace

std::optional<Schedule> read_schedule(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 4> keys{"cron", "timezone", "jitter", "keep"};
    Section const map(section, findings, keys);
    Schedule schedule;
    map.read("timezone", schedule.timezone);
    map.read("jitter", schedule.jitter, jitter_bounds);
    if (auto const* keep = map.find("keep"))
        schedule.keep = duration_of(*keep, findings, keep_bounds);
    if (auto const* zone = map.find("timezone"); zone && zone->value->is_text()) {
        auto const known = Zone::named(schedule.timezone);
        if (known.has_error()) findings.error(zone->value->where, known.error().detail);
    }
    auto const* cron = map.find("cron");
    if (!cron) {
        if (section.value->is_map())
            findings.error(section.where, "'schedule' needs 'cron', such as \"0 3 * * *\"");
        return std::nullopt;
    }
    schedule.text = text_of(*cron, findings).value_or("");
    auto const rule = Cron::read(schedule.text);
    if (rule.has_error()) {
        if (cron->value->is_text())
            findings.error(cron->value->where, fmt::format("'cron' {}", rule.error().detail));
        return std::nullopt;
    }
    schedule.cron = *rule;
    return schedule;
}

} // namespace darkroom::jobs
