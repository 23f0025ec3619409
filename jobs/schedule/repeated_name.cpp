#include "jobs/schedule/repeated_name.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <vector>

namespace darkroom::jobs {

namespace {

using std::chrono::days;

/// The finding of a job file does not depend on the day on which it is read. In this year the last
/// days belong to a week with the number of the first ones.
constexpr auto first_day = LocalDay(std::chrono::year(2030) / std::chrono::January / 1);
constexpr int days_of_names = 400;
constexpr int days_max = 9 * 366; ///< So long until a rare day, such as 29 February, comes twice.
constexpr int whole_days = 2;     ///< Names with a time come back within a day.
constexpr std::ptrdiff_t starts_at_each_end = 12; // of a day

/// Returns the first starts of a day and the last ones; of one of the first days, all.
std::vector<LocalMinute> some_starts(Cron const& cron, LocalDay day) {
    if (!cron.matches(day)) return {};
    auto starts = cron.minutes_of(day);
    bool const is_whole = day < first_day + days(whole_days);
    if (!is_whole && std::ssize(starts) > 2 * starts_at_each_end)
        starts.erase(starts.begin() + starts_at_each_end, starts.end() - starts_at_each_end);
    return starts;
}

} // namespace

std::optional<RepeatedName> repeated_name(DatedName const& name, Cron const& cron) {
    std::unordered_map<std::string, LocalMinute> seen; // by the name, its first start
    std::string last;
    LocalMinute second{};
    auto const is_in_span = [&](LocalDay day) {
        bool const is_rare = seen.empty() || (seen.size() == 1 && second == LocalMinute());
        return day < first_day + days(is_rare ? days_max : days_of_names);
    };
    for (auto day = first_day; is_in_span(day); day += days(1)) {
        for (auto const start : some_starts(cron, day)) {
            auto now = name.at(start);
            auto const [known, is_new] = seen.emplace(now, start);
            if (!is_new && now != last) return RepeatedName{now, known->second, start, false};
            if (!is_new && second == LocalMinute()) second = start;
            last = std::move(now);
        }
    }
    if (seen.size() != 1 || second == LocalMinute()) return std::nullopt;
    return RepeatedName{last, seen.begin()->second, second, true};
}

std::string text_of_minute(LocalMinute time) {
    auto const day = std::chrono::floor<days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(time - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count());
}

} // namespace darkroom::jobs
