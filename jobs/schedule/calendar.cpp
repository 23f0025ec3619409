#include "jobs/schedule/calendar.hpp"

#include <fmt/format.h>

#include <array>
#include <bitset>

namespace darkroom::jobs {

namespace {

/// Returns the numbers as a list, or a star for all of them.
template <std::size_t size>
std::string calendar_list(std::bitset<size> const& numbers, std::size_t least) {
    std::string list;
    bool is_all = true;
    for (std::size_t at = least; at < size; ++at) {
        is_all = is_all && numbers.test(at);
        if (numbers.test(at)) list += fmt::format("{}{:02}", list.empty() ? "" : ",", at);
    }
    return is_all ? "*" : list;
}

std::string weekdays_of(Cron const& cron) {
    constexpr std::array<std::string_view, 7> names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
    if (cron.weekdays().all()) return "";
    std::string list;
    for (std::size_t day = 0; day < names.size(); ++day) {
        if (!cron.weekdays().test(day)) continue;
        if (!list.empty()) list += ',';
        list += names.at(day);
    }
    return list + ' ';
}

} // namespace

std::vector<std::string> calendar_events(Cron const& cron, std::string const& zone) {
    auto const event = [&](std::string const& weekdays, std::string const& days) {
        return fmt::format("{}*-{}-{} {}:{}:00{}{}", weekdays, calendar_list(cron.months(), 1),
                           days, calendar_list(cron.hours(), 0), calendar_list(cron.minutes(), 0),
                           zone.empty() ? "" : " ", zone);
    };
    auto const days = calendar_list(cron.days(), 1);
    auto const weekdays = weekdays_of(cron);
    if (!cron.is_either_day()) return {event(weekdays, days)};
    if (weekdays.empty() || days == "*") return {event("", "*")};
    return {event("", days), event(weekdays, "*")};
}

} // namespace darkroom::jobs
