#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <numeric>

namespace darkroom {

using namespace std::chrono_literals;

namespace {

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
            bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array<Unit, 4> units{{{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}}};

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    if (from + count > text.size()) return std::nullopt;
    int value = 0;
    for (char const c : text.substr(from, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// Whether `text` is `form`, where '_' stands for any one character.
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

/// From 1; the case counts.
std::optional<int> month_named(std::string_view name) {
    auto const at = month_names.find(name);
    if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
    return static_cast<int>(at / 3 + 1);
}

/// How many bytes the UTF-8 sequence at the start of `text` has; 0 when it is not one.
std::size_t sequence_length(std::string_view text) {
    auto const byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const first = byte(0);
    std::size_t const length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    bool const overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    bool const surrogate = first == 0xED && byte(1) > 0x9F;
    bool const beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

} // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<std::string_view const> candidates) {
    if (word.size() > 64) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (auto const candidate : candidates) {
        auto const distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<std::string_view const> candidates) {
    auto const found = nearest(word, candidates);
    return found ? fmt::format(", did you mean '{}'?", *found) : std::string();
}

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
    auto const base = time_of({digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2),
                               digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)});
    auto const milliseconds = digits(text, 20, 3);
    if (!base || !milliseconds) return std::nullopt;
    return *base + std::chrono::milliseconds(*milliseconds);
}

std::optional<WallTime> parse_http_date(std::string_view text) {
    if (has_form(text, "___, __ ___ ____ __:__:__ GMT"))
        return time_of({digits(text, 12, 4), month_named(text.substr(8, 3)), digits(text, 5, 2),
                        digits(text, 17, 2), digits(text, 20, 2), digits(text, 23, 2)});
    if (has_form(text, "___ ___ __ __:__:__ ____")) { // asctime()
        auto const day = text[8] == ' ' ? digits(text, 9, 1) : digits(text, 8, 2);
        return time_of({digits(text, 20, 4), month_named(text.substr(4, 3)), day,
                        digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)});
    }
    auto const comma = std::min(text.find(','), text.size());
    bool const is_day = comma >= std::string_view("Monday").size();
    auto const rest = text.substr(comma);
    if (!is_day || !has_form(rest, ", __-___-__ __:__:__ GMT")) return std::nullopt; // RFC 850
    auto year = digits(rest, 9, 2);
    if (year) *year += *year < 70 ? 2000 : 1900; // nothing on the web is older
    return time_of({year, month_named(rest.substr(5, 3)), digits(rest, 2, 2), digits(rest, 12, 2),
                    digits(rest, 15, 2), digits(rest, 18, 2)});
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

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    for (char const* unit : {"kB", "MB", "GB"}) {
        value /= 1000;
        if (value < 999.95) return fmt::format("{:.1f} {}", value, unit);
    }
    return fmt::format("{:.1f} TB", value / 1000);
}

bool glob_match(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        auto const length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    auto const from = text.find_first_not_of(blank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0;;) {
        auto const at = text.find(separator, from);
        parts.push_back(text.substr(from, at - from));
        if (at == std::string_view::npos) return parts;
        from = at + 1;
    }
}

std::string join(std::span<std::string const> parts, std::string_view separator) {
    return fmt::format("{}", fmt::join(parts, separator));
}

} // namespace darkroom
