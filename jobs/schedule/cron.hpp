// A rule of cron: at which minutes of the calendar something begins. Pure.
#pragma once

#include "runner/base/error.hpp"

#include <bitset>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// A day, and a minute of it, as a calendar and a clock on the wall show them.
using LocalDay = std::chrono::local_days;
using LocalMinute = std::chrono::local_time<std::chrono::minutes>;

/// Five fields (minute, hour, day of the month, month, day of the week) as crontab(5) has them, or
/// a word such as `@daily`.
class Cron {
public:
    /// Errors: what is wrong with the text, as a sentence without a subject.
    static Result<Cron> read(std::string_view text);

    /// Returns whether any minute of the day begins something. Where both the day of the month and
    /// that of the week are limited, one of them is enough, as in cron.
    bool matches(LocalDay day) const;
    /// Returns the minutes of a day that matches, in their order.
    std::vector<LocalMinute> minutes_of(LocalDay day) const;

    std::bitset<60> const& minutes() const { return minutes_; }
    std::bitset<24> const& hours() const { return hours_; }
    std::bitset<32> const& days() const { return days_; } ///< From 1.
    std::bitset<13> const& months() const { return months_; }
    std::bitset<7> const& weekdays() const { return weekdays_; } ///< 0 is Sunday.
    /// Returns whether a day of the month or one of the week is enough.
    bool is_either_day() const { return !has_any_day_ && !has_any_weekday_; }

private:
    bool can_match() const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> weekdays_;
    bool has_any_day_ = false; ///< The field begins with a star.
    bool has_any_weekday_ = false;
};

} // namespace darkroom::jobs
