#include "jobs/language/marks.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace darkroom::jobs {

namespace {

constexpr std::string_view blanks_in_marks = " \t\n";

bool is_letter_or_digit(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || byte >= 0x80;
}

bool is_name_character(char c) {
    return is_letter_or_digit(c) ||
           std::string_view(" ,'.-_/*&+").find(c) != std::string_view::npos;
}

/// Returns true when a part between '/' is a name and not a step upwards.
bool has_plain_parts(std::string_view text) {
    for (auto const part : split(text, '/')) {
        if (part.empty() || part == "." || part == "..") return false;
    }
    return true;
}

/// Shows the beginning of a text that may be long.
std::string_view shortened(std::string_view text) {
    constexpr std::size_t shown_max = 60;
    if (text.size() <= shown_max) return text;
    auto end = shown_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

std::string wildcard_problem(std::string_view whole, std::string_view name) {
    auto const shown = shortened(whole);
    auto const open = name.find('(');
    if (std::string_view("~@!").find(name.front()) != std::string_view::npos)
        return fmt::format("'{}': a wildcard has no way of drawing of its own: write '__{}__', and "
                           "'sample' to draw",
                           shown, shortened(name.substr(1)));
    if (open != std::string_view::npos && open > 0)
        return fmt::format(
            "'{}': a wildcard takes no values: write '{{{{name}}}}' in its lines and "
            "define it in 'vars' or 'matrix'",
            shown);
    return fmt::format("'{}' is not a wildcard: it is two '_', a name of letters, digits, blanks "
                       "and , ' . - _ / * & +, and two '_'; write '\\_' for a plain '_'",
                       shown);
}

/// Reads "0.3" as millionths. Returns nothing unless it is a number above zero with at most six
/// decimals.
std::optional<std::uint64_t> read_weight(std::string_view text) {
    auto const point = std::min(text.find('.'), text.size());
    auto const units = text.substr(0, point);
    auto const decimals = text.substr(std::min(point + 1, text.size()));
    if (units.size() > 6 || decimals.size() > 6) return std::nullopt;
    std::uint64_t weight = 0;
    for (char const c : std::string(units) + std::string(decimals)) {
        if (c < '0' || c > '9') return std::nullopt;
        weight = weight * 10 + static_cast<std::uint64_t>(c - '0');
    }
    for (auto i = decimals.size(); i < 6; ++i) weight *= 10;
    return weight > 0 ? std::optional(weight) : std::nullopt;
}

/// Returns the name in `${name}`, `${name=…}`, `${name?=…}` or `${name:…}`, or "".
std::string_view assigned_name(std::string_view text) {
    if (!text.starts_with("${")) return {};
    auto const from = std::min(text.find_first_not_of(blanks_in_marks, 2), text.size());
    auto end = from;
    while (end < text.size() && (is_letter_or_digit(text[end]) || text[end] == '_')) ++end;
    auto const name = text.substr(from, end - from);
    bool const is_name = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
    auto const rest = trim(text.substr(end, 8));
    bool const is_variable = rest.starts_with('}') || rest.starts_with('=') ||
                             rest.starts_with("?=") || rest.starts_with(':');
    return is_name && is_variable ? name : std::string_view();
}

/// Returns true for `{~a|b}`, `{@a|b}` and `{!a|b}`, but not for names such as `{@ann|@bob}`.
bool begins_with_sampler(std::string_view text) {
    if (text.size() < 3 || text[0] != '{') return false;
    if (std::string_view("~@!").find(text[1]) == std::string_view::npos) return false;
    auto const end = text.find_first_of("{}", 2);
    auto const inside = text.substr(1, std::min(end, text.size()) - 1);
    auto const options = split(inside, '|');
    return options.size() > 1 && is_letter_or_digit(text[2]) &&
           std::none_of(options.begin() + 1, options.end(), [&text](std::string_view option) {
               return trim(option).starts_with(text[1]);
           });
}

} // namespace

bool is_wildcard_name(std::string_view text) {
    auto const is_end = [](char c) {
        return is_letter_or_digit(c) || c == '*' || c == '-' || c == '.' || c == '\'' || c == '+';
    };
    return !text.empty() && is_end(text.front()) && is_end(text.back()) &&
           std::all_of(text.begin(), text.end(), is_name_character) && has_plain_parts(text);
}

std::optional<WildcardMark> wildcard_at(std::string_view text) {
    if (!text.starts_with("__")) return std::nullopt;
    auto const opened = text.find_first_not_of('_');
    if (opened == std::string_view::npos || opened == 3)
        return std::nullopt; // `___a__`: `_`, `__a__`
    auto const closed = text.find("__", opened);
    if (closed == std::string_view::npos) return std::nullopt;
    auto const name = text.substr(opened, closed - opened);
    auto const is_blank = [](char c) { return blanks_in_marks.find(c) != std::string_view::npos; };
    bool const is_meant = !is_blank(name.front()) && !is_blank(name.back()) &&
                          name.find('\n') == std::string_view::npos &&
                          std::any_of(name.begin(), name.end(),
                                      [](char c) { return is_letter_or_digit(c) || c == '*'; });
    if (!is_meant) return std::nullopt;
    WildcardMark mark{name, closed + 2, {}};
    if (opened != 2) mark.length = std::min(text.find_first_not_of('_', closed), text.size());
    if (opened != 2 || !is_wildcard_name(name))
        mark.problem = wildcard_problem(text.substr(0, mark.length), name);
    return mark;
}

std::optional<WeightMark> weight_at(std::string_view text) {
    auto const from = std::min(text.find_first_not_of(blanks_in_marks), text.size());
    auto const end = std::min(text.find_first_not_of("0123456789.", from), text.size());
    if (end == from || text.substr(end, 2) != "::") return std::nullopt;
    auto const number = text.substr(from, end - from);
    return WeightMark{number, end + 2, read_weight(number)};
}

std::string not_a_weight(std::string_view number) {
    return fmt::format("'{}::' is not a weight: a number above zero, below a million, "
                       "with six decimals at most",
                       number);
}

std::string foreign_sign_at(std::string_view text) {
    if (auto const name = assigned_name(text); !name.empty())
        return fmt::format(
            "'${{{0}' is not a variable here: define '{0}' in 'vars' or 'matrix' and "
            "write '{{{{{0}}}}}'; write '\\$' for a plain dollar",
            name);
    if (text.starts_with("{prompt}"))
        return "'{prompt}' is a placeholder of style files: write '{{prompt}}' for the variable "
               "'prompt', or the word without braces";
    if (begins_with_sampler(text))
        return fmt::format("'{}': a choice has no way of drawing of its own: leave out the '{}', "
                           "and write 'sample' to draw",
                           text.substr(0, 3), text[1]);
    return {};
}

} // namespace darkroom::jobs
