#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <span>

namespace darkroom::report {

namespace {

struct Range {
    char32_t first, last;
};

/// Source: Unicode 15 EastAsianWidth.txt (W, F), and emoji shown as pictures; joined where only
/// unassigned code points lie between.
constexpr Range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6B},
    {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18D08}, {0x1AFF0, 0x1B2FB},
    {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
    {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393},
    {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D},
    {0x1F54B, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4},
    {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2},
    {0x1F6D5, 0x1F6DF}, {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0},
    {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAF8},
    {0x20000, 0x3FFFD},
};

/// Combining marks of the scripts people write prompts in, joiners, variation selectors, skin
/// tones (they follow the emoji they change).
constexpr Range zero[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489},   {0x0591, 0x05BD},   {0x05BF, 0x05BF},   {0x05C1, 0x05C2},
    {0x05C4, 0x05C5}, {0x0610, 0x061A},   {0x064B, 0x065F},   {0x0670, 0x0670},   {0x06D6, 0x06DC},
    {0x06DF, 0x06E4}, {0x06E7, 0x06E8},   {0x06EA, 0x06ED},   {0x0900, 0x0902},   {0x093A, 0x093A},
    {0x093C, 0x093C}, {0x0941, 0x0948},   {0x094D, 0x094D},   {0x0E31, 0x0E31},   {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},   {0x200B, 0x200D},   {0x2060, 0x2064},
    {0x20D0, 0x20F0}, {0x302A, 0x302F},   {0x3099, 0x309A},   {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0020, 0xE007F}, {0xE0100, 0xE01EF},
};

bool is_in(std::span<Range const> table, char32_t code) {
    auto const after = std::upper_bound(table.begin(), table.end(), code,
                                        [](char32_t c, Range range) { return c < range.first; });
    return after != table.begin() && code <= std::prev(after)->last;
}

/// Marks that change the writing direction: they could make a line show a false text.
bool is_direction_mark(char32_t code) {
    return code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

constexpr char32_t broken = 0xFFFFFFFF;

/// The first code point of a text, and its number of bytes; a broken one takes one byte.
struct Taken {
    char32_t code;
    std::size_t bytes;
};

Taken take(std::string_view text) {
    auto const lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1};
    std::size_t const bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {broken, 1};
    char32_t code = lead & (0xFFu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        auto const next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0) != 0x80) return {broken, 1};
        code = (code << 6) | (next & 0x3Fu);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    bool const surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least.at(bytes) || code > 0x10FFFF || surrogate) return {broken, 1};
    return {code, bytes};
}

/// A piece of shown text: its bytes and its columns.
struct Shown {
    std::string_view bytes;
    std::size_t columns;
};

Shown show(Taken taken, std::string_view text) {
    if (taken.code == broken) return {"\uFFFD", 1};
    if (is_direction_mark(taken.code)) return {"", 0};
    if (taken.code == '\n' || taken.code == '\r' || taken.code == '\t') return {" ", 1};
    if (is_control(taken.code)) return {"\uFFFD", 1};
    std::string_view const bytes = text.substr(0, taken.bytes);
    if (is_in(zero, taken.code)) return {bytes, 0};
    return {bytes, is_in(wide, taken.code) ? 2u : 1u};
}

/// Calls `each(Shown)` for every character until it returns false.
template <class Each>
void for_each_shown(std::string_view text, Each each) {
    while (!text.empty()) {
        Taken const taken = take(text);
        if (!each(show(taken, text))) return;
        text.remove_prefix(taken.bytes);
    }
}

} // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for_each_shown(text, [&](Shown shown) {
        columns += shown.columns;
        return true;
    });
    return columns;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for_each_shown(text, [&](Shown shown) {
        out += shown.bytes;
        return true;
    });
    return out;
}

std::string harmless_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        auto const [code, bytes] = take(json);
        bool const is_obeyed = code == broken || is_control(code) || is_direction_mark(code);
        if (is_obeyed)
            out += fmt::format("\\u{:04x}", code == broken ? 0xFFFDu : static_cast<unsigned>(code));
        else
            out += json.substr(0, bytes);
        json.remove_prefix(bytes);
    }
    return out;
}

std::string cut(std::string_view text, std::size_t columns) {
    std::string out;
    std::size_t used = 0;
    std::size_t keep = 0; // bytes of `out` that leave room for the "…"
    bool whole = true;
    for_each_shown(text, [&](Shown shown) {
        if (used + shown.columns > columns) return whole = false;
        out += shown.bytes;
        used += shown.columns;
        if (used < columns) keep = out.size();
        return true;
    });
    if (whole) return out;
    if (columns == 0) return {};
    out.resize(keep);
    return out + "…";
}

std::string fit(std::string_view text, std::size_t columns) {
    std::string out = cut(text, columns);
    out.append(columns - columns_of(out), ' ');
    return out;
}

std::string fit_middle(std::string_view text, std::size_t columns) {
    auto const all = columns_of(text);
    if (all <= columns || columns < 5) return fit(text, columns);
    auto const head = cut(text, (columns + 1) / 2); // with the "…"
    auto const room = columns - columns_of(head);
    auto rest = all; // columns of what is left of the text
    auto const is_start = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    };
    while (!text.empty() && (rest > room || !is_start(text.front()))) {
        text.remove_prefix(1);
        if (!text.empty() && is_start(text.front())) rest = columns_of(text);
    }
    return fit(head + printable(text), columns);
}

std::string ink(Ink colour, std::string_view text, bool on) {
    constexpr std::array<std::string_view, 6> codes{"", "32", "31", "33", "2", "1"};
    auto const code = codes.at(static_cast<std::size_t>(colour));
    if (!on || code.empty() || text.empty()) return std::string(text);
    return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
}

std::size_t inked_columns(std::string_view line) {
    std::size_t columns = 0;
    while (!line.empty()) {
        auto const code = line.find("\x1b[");
        columns += columns_of(line.substr(0, code));
        if (code == std::string_view::npos) break;
        auto const end = line.find('m', code);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    }
    return columns;
}

} // namespace darkroom::report
