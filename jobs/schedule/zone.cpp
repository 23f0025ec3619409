#include "jobs/schedule/zone.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace darkroom::jobs {

namespace {

using namespace std::chrono_literals;

constexpr int days_looked_at = 30 * 366;

date::sys_seconds to_library(SysSeconds time) { return date::sys_seconds(time.time_since_epoch()); }

/// Returns the starts of a day, in their order. Two of them can be one moment.
std::vector<SysSeconds> starts_of(Cron const& cron, Zone const& zone, LocalDay day) {
    std::vector<SysSeconds> starts;
    if (!cron.matches(day)) return starts;
    for (auto const minute : cron.minutes_of(day)) starts.push_back(zone.first_of(minute));
    std::sort(starts.begin(), starts.end()); // those that were leapt over come later
    return starts;
}

} // namespace

Result<Zone> Zone::named(std::string const& name) {
    try {
        return Zone(*date::locate_zone(name));
    } catch (std::runtime_error const&) {
        return Error{{},
                     fmt::format("there is no time zone '{}'; a name is like Europe/Paris", name)};
    }
}

Result<Zone> Zone::of_machine(std::string variable) {
    if (variable.starts_with(':')) variable.erase(0, 1);
    constexpr std::string_view files = "/usr/share/zoneinfo/";
    if (variable.starts_with(files)) variable.erase(0, files.size());
    if (!variable.empty() && variable != "/etc/localtime") {
        auto zone = named(variable);
        if (zone.has_value()) return zone;
        return Error{{},
                     fmt::format("TZ is '{}', which is no name of a time zone such as "
                                 "Europe/Paris; 'timezone' in 'schedule' names one",
                                 variable)};
    }
    std::error_code failure;
    if (!std::filesystem::exists("/etc/localtime", failure)) return named("UTC");
    try {
        return Zone(*date::current_zone());
    } catch (std::runtime_error const& error) {
        return Error{{}, fmt::format("the machine's time zone is not known: {}", error.what())};
    }
}

std::string const& Zone::name() const { return zone_->name(); }

LocalSeconds Zone::local_of(SysSeconds time) const {
    return LocalSeconds(
        (to_library(time) + zone_->get_info(to_library(time)).offset).time_since_epoch());
}

std::chrono::seconds Zone::ahead_at(SysSeconds time) const {
    return zone_->get_info(to_library(time)).offset;
}

SysSeconds Zone::first_of(LocalMinute time) const {
    date::local_seconds const local(time.time_since_epoch());
    auto const info = zone_->get_info(local); // of a leap, `first` is what was before it
    return SysSeconds((local - info.first.offset).time_since_epoch());
}

std::optional<SysSeconds> start_after(Cron const& cron, Zone const& zone, SysSeconds time) {
    auto const first =
        std::chrono::floor<std::chrono::days>(zone.local_of(time)) - std::chrono::days(1);
    for (auto day = first; day < first + std::chrono::days(days_looked_at);
         day += std::chrono::days(1)) {
        for (auto const start : starts_of(cron, zone, day)) {
            if (start > time) return start;
        }
    }
    return std::nullopt;
}

std::optional<SysSeconds> start_until(Cron const& cron, Zone const& zone, SysSeconds time) {
    auto const last =
        std::chrono::floor<std::chrono::days>(zone.local_of(time)) + std::chrono::days(1);
    for (auto day = last; day > last - std::chrono::days(days_looked_at);
         day -= std::chrono::days(1)) {
        auto const starts = starts_of(cron, zone, day);
        for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
            if (*start <= time) return *start;
        }
    }
    return std::nullopt;
}

std::string text_of_start(Zone const& zone, SysSeconds time) {
    auto const local = zone.local_of(time);
    auto const day = std::chrono::floor<std::chrono::days>(local);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(local - day);
    auto const ahead = zone.ahead_at(time);
    std::chrono::hh_mm_ss const offset(ahead);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} {}{:02}:{:02}", int(date.year()),
                       unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                       clock.minutes().count(), ahead < 0s ? '-' : '+', offset.hours().count(),
                       offset.minutes().count());
}

} // namespace darkroom::jobs
