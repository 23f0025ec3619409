// The table of limits in docs/architecture.md: each constant must exist with the value it names.
#include "tests/tidy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace darkroom::tidy {

namespace {

using Number = std::optional<std::uint64_t>;

/// Reads digits, with apostrophes or commas between them, off the front of `text`.
Number take_number(std::string_view& text) {
    std::string digits;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (std::isdigit(static_cast<unsigned char>(text[at])) != 0)
            digits += text[at];
        else if (text[at] != '\'' && text[at] != ',')
            break;
    }
    text.remove_prefix(at);
    std::uint64_t number = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() ? Number(number) : std::nullopt;
}

std::string_view trimmed_cell(std::string_view text) {
    auto const from = std::min(text.find_first_not_of(" \n`"), text.size());
    auto const last = text.find_last_not_of(" \n`");
    return last == text.npos ? std::string_view() : text.substr(from, last + 1 - from);
}

/// Reads "16", "50,000", "512 B", "16 KiB", "8 MiB" or "1 GiB".
Number written_limit(std::string_view text) {
    static constexpr std::pair<std::string_view, unsigned> units[] = {
        {"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
    auto const number = take_number(text);
    for (auto const& [unit, shift] : units)
        if (number && trimmed_cell(text) == unit) return *number << shift;
    return std::nullopt;
}

/// Reads "16", "4u << 10", "64'000'000" or "std::uint64_t{1} << 30".
Number coded_limit(std::string_view text) {
    auto const type = text.find("_t{");
    if (type != text.npos) text.remove_prefix(type + 3);
    text = trimmed_cell(text);
    auto number = take_number(text);
    auto const shift = text.find("<<");
    if (!number || shift == text.npos) return number;
    text = trimmed_cell(text.substr(shift + 2));
    auto const bits = take_number(text);
    return bits ? Number(*number << *bits) : std::nullopt;
}

/// Returns the value that a file gives a constant or a member.
Number value_in(SourceFile const& file, std::string_view name) {
    std::string_view const code = file.code;
    for (std::size_t at = 0; (at = code.find(name, at)) != code.npos; ++at) {
        if (!is_word_at(code, at, name)) continue;
        auto rest = code.substr(at + name.size());
        rest = rest.substr(std::min(rest.find_first_not_of(" \n"), rest.size()));
        bool const is_set = rest.starts_with('=') || rest.starts_with('{');
        if (!is_set || rest.starts_with("==")) continue;
        rest.remove_prefix(1);
        if (auto const value = coded_limit(rest.substr(0, rest.find(';')))) return value;
    }
    return std::nullopt;
}

std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells;
    if (!line.starts_with("| ")) return cells;
    line.remove_prefix(1);
    while (!line.empty()) {
        auto const end = std::min(line.find('|'), line.size());
        cells.emplace_back(trimmed_cell(line.substr(0, end)));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return cells;
}

SourceFile const* find(std::span<SourceFile const> tree, std::string const& path) {
    auto const found =
        std::find_if(tree.begin(), tree.end(), [&path](auto const& f) { return f.path == path; });
    return found == tree.end() ? nullptr : &*found;
}

/// Returns the error in a row of the table, or "".
std::string wrong_row(std::vector<std::string> const& cells, std::span<SourceFile const> tree) {
    auto const limit = written_limit(cells[1]);
    if (!limit) return fmt::format("'{}' is no limit; use a number, B, KiB, MiB or GiB", cells[1]);
    auto const* file = find(tree, "runner/" + cells[3]);
    if (file == nullptr) file = find(tree, cells[3]);
    if (file == nullptr) return fmt::format("there is no file {}; use its path", cells[3]);
    auto const value = value_in(*file, cells[2]);
    if (!value) return fmt::format("{} has no constant {}; use its name", cells[3], cells[2]);
    if (value == limit) return "";
    return fmt::format("{} is {} in {}; use the same in both", cells[2], *value, cells[3]);
}

} // namespace

Findings check_limits(std::span<SourceFile const> tree) {
    auto const* page = find(tree, "docs/architecture.md");
    if (page == nullptr) return {"docs/architecture.md: there is none; use it for the limits"};
    Findings found;
    std::size_t rows = 0;
    bool is_inside = false;
    for (std::size_t number = 1; number <= page->starts.size(); ++number) {
        auto const cells = cells_of(page->line(number));
        bool const is_head = cells.size() == 4 && cells[2] == "constant";
        is_inside = is_head || (is_inside && cells.size() == 4);
        bool const is_row = is_inside && !is_head && !cells[0].starts_with("---");
        if (!is_row) continue;
        ++rows;
        auto const why = wrong_row(cells, tree);
        if (!why.empty()) found.push_back(finding(*page, number, why));
    }
    if (rows == 0) found.push_back(finding(*page, 1, "no table of limits; use one"));
    return found;
}

} // namespace darkroom::tidy
