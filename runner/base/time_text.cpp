#include "runner/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace darkroom {

using namespace std::chrono_literals;

namespace {

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array<Unit, 5> units{{{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}}};

std::optional<int> number_at(std::string_view text, std::size_t from, std::size_t count) {
    if (from + count > text.size()) return std::nullopt;
    int value = 0;
    for (char const c : text.substr(from, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// True when `text` is `form`, in which '_' stands for any one character.
bool has_form(std::string_view text, std::string_view form) {
    return std::equal(text.begin(), text.end(), form.begin(), form.end(),
                      [](char c, char expected) { return expected == '_' || c == expected; });
}

struct DateFields {
    std::optional<int> year, month, day, hour, minute, second;
};

std::optional<WallTime> time_of(DateFields const& f) {
    if (!f.year || !f.month || !f.day || !f.hour || !f.minute || !f.second) return std::nullopt;
    auto const date = std::chrono::year(*f.year) / *f.month / *f.day;
    if (!date.ok() || *f.hour > 23 || *f.minute > 59 || *f.second > 60) return std::nullopt;
    return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*f.hour) +
           std::chrono::minutes(*f.minute) + std::chrono::seconds(*f.second);
}

constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// Returns the number of a month, from 1. The name is case-sensitive.
std::optional<int> month_named(std::string_view name) {
    auto const at = month_names.find(name);
    if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
    return static_cast<int>(at / 3 + 1);
}

} // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt; // no sign, no "inf"
    double value = 0;
    auto const [end, ec] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (ec != std::errc()) return std::nullopt;
    std::string_view const unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (auto const& known : units) {
        if (known.name != unit) continue;
        double const nanoseconds = value * static_cast<double>(known.length.count());
        if (!(nanoseconds < 9e18)) return std::nullopt;
        return Duration(static_cast<Duration::rep>(std::llround(nanoseconds)));
    }
    return std::nullopt;
}

std::string format_duration(Duration time) {
    for (auto const& unit : {units[3], units[2], units[1]}) {
        if (time.count() != 0 && time % unit.length == Duration::zero())
            return fmt::format("{}{}", time / unit.length, unit.name);
    }
    return fmt::format("{}ms", time / 1ms);
}

std::string format_span(Duration time) {
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
    if (seconds < 60) return fmt::format("{}s", seconds);
    if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
    return fmt::format("{}h {:02}m", seconds / 3600, seconds / 60 % 60);
}

std::string format_rfc3339(WallTime time) {
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
    if (!has_form(text, "____-__-__T__:__:__.___Z")) return std::nullopt;
    auto const base =
        time_of({number_at(text, 0, 4), number_at(text, 5, 2), number_at(text, 8, 2),
                 number_at(text, 11, 2), number_at(text, 14, 2), number_at(text, 17, 2)});
    auto const milliseconds = number_at(text, 20, 3);
    if (!base || !milliseconds) return std::nullopt;
    return *base + std::chrono::milliseconds(*milliseconds);
}

namespace {

/// Removes a fraction of a second from the start of `text` and returns its milliseconds.
std::chrono::milliseconds take_fraction(std::string_view& text) {
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',')) return {};
    auto const end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    if (end == 1) return {};
    int milliseconds = 0;
    for (std::size_t i = 1; i <= 3; ++i)
        milliseconds = milliseconds * 10 + (i < end ? text[i] - '0' : 0);
    text.remove_prefix(end);
    return std::chrono::milliseconds(milliseconds);
}

/// Reads a zone as its distance from UTC.
std::optional<std::chrono::minutes> zone_of(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") return 0min;
    if (text[0] != '+' && text[0] != '-') return std::nullopt;
    auto const hours = number_at(text, 1, 2);
    auto const rest = text.substr(std::min<std::size_t>(3, text.size()));
    std::optional<int> minutes = 0;
    if (has_form(rest, ":__"))
        minutes = number_at(rest, 1, 2);
    else if (!rest.empty())
        minutes = rest.size() == 2 ? number_at(rest, 0, 2) : std::nullopt;
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    auto const size = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return text[0] == '-' ? -size : size;
}

} // namespace

std::optional<WallTime> parse_iso8601(std::string_view text) {
    constexpr std::string_view form = "____-__-__ __:__:__";
    std::string head(text.substr(0, form.size()));
    if (head.size() == form.size() && (head[10] == 'T' || head[10] == 't')) head[10] = ' ';
    if (!has_form(head, form)) return std::nullopt;
    auto const base =
        time_of({number_at(head, 0, 4), number_at(head, 5, 2), number_at(head, 8, 2),
                 number_at(head, 11, 2), number_at(head, 14, 2), number_at(head, 17, 2)});
    text.remove_prefix(form.size());
    auto const fraction = take_fraction(text);
    if (text.starts_with(' ')) text.remove_prefix(1); // "2026-11-23 18:16:32 +0000"
    auto const zone = zone_of(text);
    if (!base || !zone) return std::nullopt;
    return *base + fraction - *zone;
}

std::optional<WallTime> parse_http_date(std::string_view text) {
    if (has_form(text, "___, __ ___ ____ __:__:__ GMT"))
        return time_of({number_at(text, 12, 4), month_named(text.substr(8, 3)),
                        number_at(text, 5, 2), number_at(text, 17, 2), number_at(text, 20, 2),
                        number_at(text, 23, 2)});
    if (has_form(text, "___ ___ __ __:__:__ ____")) { // asctime()
        auto const day = text[8] == ' ' ? number_at(text, 9, 1) : number_at(text, 8, 2);
        return time_of({number_at(text, 20, 4), month_named(text.substr(4, 3)), day,
                        number_at(text, 11, 2), number_at(text, 14, 2), number_at(text, 17, 2)});
    }
    auto const comma = std::min(text.find(','), text.size());
    bool const is_day = comma >= std::string_view("Monday").size();
    auto const rest = text.substr(comma);
    if (!is_day || !has_form(rest, ", __-___-__ __:__:__ GMT")) return std::nullopt; // RFC 850
    auto year = number_at(rest, 9, 2);
    if (year) *year += *year < 70 ? 2000 : 1900; // nothing on the web is older
    return time_of({year, month_named(rest.substr(5, 3)), number_at(rest, 2, 2),
                    number_at(rest, 12, 2), number_at(rest, 15, 2), number_at(rest, 18, 2)});
}

std::string format_http_date(WallTime time) {
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::size_t const weekday = std::chrono::weekday(day).c_encoding();
    std::size_t const month = static_cast<unsigned>(date.month());
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days.substr(weekday * 3, 3),
                       static_cast<unsigned>(date.day()), month_names.substr((month - 1) * 3, 3),
                       static_cast<int>(date.year()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

} // namespace darkroom
