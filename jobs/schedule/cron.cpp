#include "jobs/schedule/cron.hpp"

#include "runner/base/text.hpp"
#include "runner/base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace darkroom::jobs {

namespace {

using FieldNames = std::span<std::string_view const>;

struct CronField {
    std::string_view what;
    int least = 0;
    int most = 0;
    FieldNames names = {}; ///< They stand for the least number and those after it.
};

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names{"sun", "mon", "tue", "wed",
                                                        "thu", "fri", "sat"};
constexpr std::array<CronField, 5> cron_fields{{{"minute", 0, 59},
                                                {"hour", 0, 23},
                                                {"day of the month", 1, 31},
                                                {"month", 1, 12, month_names},
                                                {"day of the week", 0, 7, weekday_names}}};

struct RuleWord {
    std::string_view word;
    std::string_view rule;
};
constexpr std::array<RuleWord, 7> rule_words{{{"@yearly", "0 0 1 1 *"},
                                              {"@annually", "0 0 1 1 *"},
                                              {"@monthly", "0 0 1 * *"},
                                              {"@weekly", "0 0 * * 0"},
                                              {"@daily", "0 0 * * *"},
                                              {"@midnight", "0 0 * * *"},
                                              {"@hourly", "0 * * * *"}}};

Error bad_rule(std::string why) { return {{}, std::move(why)}; }

std::optional<int> cron_number(std::string_view text) {
    int number = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const is_whole = failure == std::errc() && end == text.data() + text.size();
    return is_whole && number >= 0 ? std::optional(number) : std::nullopt;
}

/// Reads a number or a name of the field.
Result<int> field_value(CronField const& field, std::string_view text) {
    auto const name = std::find(field.names.begin(), field.names.end(), to_lower(text));
    if (name != field.names.end())
        return field.least + static_cast<int>(name - field.names.begin());
    auto const number = cron_number(text);
    if (number && *number >= field.least && *number <= field.most) return *number;
    return bad_rule(fmt::format("has '{}' for the {}, which goes from {} to {}", text, field.what,
                                field.least, field.most));
}

/// Reads one part of a list: `*`, `3`, `1-5`, `*/10`, `8-18/2`.
Result<> read_field_part(CronField const& field, std::string_view part, std::bitset<60>& into) {
    auto const slash = part.find('/');
    auto const range = part.substr(0, slash);
    int step = 1;
    if (slash != part.npos) {
        auto const given = cron_number(part.substr(slash + 1));
        bool const is_range = range == "*" || range.find('-') != range.npos;
        if (!given || *given < 1 || !is_range)
            return bad_rule(fmt::format("has '{}' for the {}: a step is written '*/10' or '8-18/2'",
                                        part, field.what));
        step = *given;
    }
    int first = field.least;
    int last = field.most;
    if (range != "*") {
        auto const dash = range.find('-');
        TRY_ASSIGN(first, field_value(field, range.substr(0, dash)));
        last = first;
        if (dash != range.npos) {
            TRY_ASSIGN(last, field_value(field, range.substr(dash + 1)));
        }
        if (last < first)
            return bad_rule(
                fmt::format("has '{}' for the {}: the range goes backwards", part, field.what));
    }
    for (int at = first; at <= last; at += step) into.set(static_cast<std::size_t>(at));
    return {};
}

template <std::size_t size>
Result<> read_cron_field(std::size_t index, std::string_view text, std::bitset<size>& into) {
    auto const& field = cron_fields.at(index);
    std::bitset<60> found;
    for (auto const part : split(text, ',')) TRY(read_field_part(field, part, found));
    for (std::size_t at = 0; at < found.size(); ++at) {
        // Sunday is 7 as well.
        if (found.test(at)) into.set(index == 4 ? at % 7 : at);
    }
    return {};
}

} // namespace

Result<Cron> Cron::read(std::string_view text) {
    for (auto const& known : rule_words) {
        if (known.word == to_lower(text)) text = known.rule;
    }
    if (text.starts_with('@'))
        return bad_rule(
            "has a word that is none of @hourly, @daily, @weekly, @monthly and @yearly");
    std::vector<std::string_view> parts;
    for (auto const part : split(text, ' ')) {
        if (!part.empty()) parts.push_back(part);
    }
    if (parts.size() != cron_fields.size())
        return bad_rule(
            fmt::format("has {} fields: it needs five, minute, hour, day of the month, month "
                        "and day of the week, such as '0 3 * * *'",
                        parts.size()));
    Cron cron;
    TRY(read_cron_field(0, parts[0], cron.minutes_));
    TRY(read_cron_field(1, parts[1], cron.hours_));
    TRY(read_cron_field(2, parts[2], cron.days_));
    TRY(read_cron_field(3, parts[3], cron.months_));
    TRY(read_cron_field(4, parts[4], cron.weekdays_));
    cron.has_any_day_ = parts[2].starts_with('*');
    cron.has_any_weekday_ = parts[4].starts_with('*');
    if (!cron.can_match()) return bad_rule("names a day that no month of it has");
    return cron;
}

/// Returns whether any of its months has one of its days.
bool Cron::can_match() const {
    if (is_either_day()) return true;
    constexpr std::array<std::size_t, 13> longest{0,  31, 29, 31, 30, 31, 30,
                                                  31, 31, 30, 31, 30, 31};
    for (std::size_t month = 1; month < longest.size(); ++month) {
        for (std::size_t day = 1; months_.test(month) && day <= longest.at(month); ++day) {
            if (days_.test(day)) return true;
        }
    }
    return false;
}

bool Cron::matches(LocalDay day) const {
    std::chrono::year_month_day const date(day);
    if (!months_.test(static_cast<unsigned>(date.month()))) return false;
    bool const is_day = days_.test(static_cast<unsigned>(date.day()));
    bool const is_weekday = weekdays_.test(std::chrono::weekday(day).c_encoding());
    return is_either_day() ? is_day || is_weekday : is_day && is_weekday;
}

std::vector<LocalMinute> Cron::minutes_of(LocalDay day) const {
    std::vector<LocalMinute> found;
    for (std::size_t hour = 0; hour < hours_.size(); ++hour) {
        for (std::size_t minute = 0; hours_.test(hour) && minute < minutes_.size(); ++minute) {
            if (minutes_.test(minute))
                found.push_back(day + std::chrono::hours(hour) + std::chrono::minutes(minute));
        }
    }
    return found;
}

} // namespace darkroom::jobs
