#include "jobs/schedule/dated_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

/// A number of a date: what `at` makes of it, and what counts more when two dates are compared.
struct DateNumber {
    char code;
    std::size_t digits;
};
/// From the one that counts most.
constexpr std::array<DateNumber, 9> date_numbers{
    {{'G', 4}, {'Y', 4}, {'y', 2}, {'V', 2}, {'m', 2}, {'j', 3}, {'d', 2}, {'H', 2}, {'M', 2}}};

auto date_number(char code) {
    return std::find_if(date_numbers.begin(), date_numbers.end(),
                        [code](DateNumber const& one) { return one.code == code; });
}

/// Returns the year and the number of an ISO week: that of its Thursday.
std::pair<int, int> week_of(std::chrono::local_days day) {
    using namespace std::chrono;
    auto const thursday = day + days(4 - static_cast<int>(weekday(day).iso_encoding()));
    year_month_day const date(thursday);
    auto const first = local_days(date.year() / January / 1);
    return {int(date.year()), static_cast<int>((thursday - first).count()) / 7 + 1};
}

int date_value(char code, std::chrono::local_seconds time) {
    using namespace std::chrono;
    auto const day = floor<days>(time);
    year_month_day const date(day);
    hh_mm_ss const clock(time - day);
    switch (code) {
    case 'G': return week_of(day).first;
    case 'V': return week_of(day).second;
    case 'Y': return int(date.year());
    case 'y': return int(date.year()) % 100;
    case 'm': return static_cast<int>(unsigned(date.month()));
    case 'd': return static_cast<int>(unsigned(date.day()));
    case 'j': return static_cast<int>((day - local_days(date.year() / January / 1)).count()) + 1;
    case 'H': return static_cast<int>(clock.hours().count());
    default: return static_cast<int>(clock.minutes().count());
    }
}

} // namespace

Result<DatedName> DatedName::read(std::string_view text) {
    DatedName name;
    auto const literal = [&name](std::string_view part) {
        if (!part.empty()) name.parts_.push_back({std::string(part)});
    };
    while (true) {
        auto const begin = text.find("{{");
        literal(text.substr(0, begin));
        if (begin == text.npos) return name;
        auto const end = text.find("}}", begin);
        if (end == text.npos) return Error{{}, "has a '{{' without its '}}'"};
        auto const inside = text.substr(begin + 2, end - begin - 2);
        text.remove_prefix(end + 2);
        auto const colon = inside.find(':');
        auto const word = inside.substr(0, colon);
        if (word != "date" && word != "time")
            return Error{{},
                         fmt::format("has '{{{{{}}}}}': a name may have {{{{date}}}}, "
                                     "{{{{time}}}} and {{{{date:%Y-%m}}}}",
                                     inside)};
        std::string_view format = word == "date" ? "%Y-%m-%d" : "%H%M";
        if (colon != inside.npos) format = inside.substr(colon + 1);
        for (auto percent = format.find('%'); !format.empty(); percent = format.find('%')) {
            literal(format.substr(0, percent));
            if (percent == format.npos) break;
            format.remove_prefix(percent + 1);
            char const code = format.empty() ? ' ' : format.front();
            if (date_number(code) == date_numbers.end())
                return Error{{},
                             fmt::format("has '%{}': a date is made of %Y, %m, %d, %H, %M, %j, "
                                         "%y, and %G with %V",
                                         code)};
            name.parts_.push_back({"", code});
            format.remove_prefix(1);
        }
    }
}

std::string DatedName::at(std::chrono::local_seconds time) const {
    std::string name;
    for (auto const& part : parts_) {
        if (part.code == 0)
            name += part.text;
        else
            name +=
                fmt::format("{:0{}}", date_value(part.code, time), date_number(part.code)->digits);
    }
    return name;
}

std::optional<std::vector<int>> DatedName::date_in(std::string_view name) const {
    constexpr int none = -1;
    std::vector<int> found(date_numbers.size(), none);
    for (auto const& part : parts_) {
        auto const known = date_number(part.code);
        auto const size = part.code == 0 ? part.text.size() : known->digits;
        auto const piece = name.substr(0, size);
        if (piece.size() < size) return std::nullopt;
        name.remove_prefix(size);
        if (part.code == 0) {
            if (piece != part.text) return std::nullopt;
            continue;
        }
        int value = 0;
        for (char const c : piece) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        auto& known_value = found[static_cast<std::size_t>(known - date_numbers.begin())];
        if (known_value != none && known_value != value) return std::nullopt;
        known_value = value;
    }
    if (!name.empty()) return std::nullopt;
    return found;
}

} // namespace darkroom::jobs
