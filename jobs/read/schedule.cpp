#include "jobs/read/schedule.hpp"

#include "jobs/schedule/repeated_name.hpp"
#include "jobs/schedule/zone.hpp"

#include <fmt/format.h>

#include <array>

namespace darkroom::jobs {

namespace {

using namespace std::chrono_literals;

constexpr TimeBounds jitter_bounds{0s, 24h};
constexpr TimeBounds keep_bounds{1h, 87'600h}; // ten years

/// Returns the parts of a name by which no two starts are the same.
std::string_view whole_date(RepeatedName const& found) {
    bool const is_often = found.again - found.first < 24h;
    return is_often ? "{{date}}-{{time}}" : "{{date}}";
}

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

void check_name_of_starts(Member const& member, DatedName const& name, Cron const& cron,
                          Findings& findings) {
    auto const found = repeated_name(name, cron);
    if (!found) return;
    auto const first = text_of_minute(found->first);
    auto const again = text_of_minute(found->again);
    auto const instead = whole_date(*found);
    auto const& where = member.value->where;
    if (found->is_constant)
        findings.error(
            where,
            fmt::format("'name' is '{}' at every start, such as {} and {}, so only the first "
                        "run would buy anything: write '{}' in it",
                        found->name, first, again, instead));
    else
        findings.warning(where, fmt::format("'name' comes back: it is '{}' at the start of {} and "
                                            "again at that of {}, which would go on with the old "
                                            "run: write '{}' in it",
                                            found->name, first, again, instead));
}

} // namespace darkroom::jobs
