#include "jobs/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace darkroom::jobs {

namespace {

/// A file with more is not a job file; the list stays readable and memory bounded.
constexpr std::size_t findings_max = 1000;

int characters_in(std::string_view bytes) {
    auto const begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<int>(std::count_if(bytes.begin(), bytes.end(), begins));
}

} // namespace

std::string Finding::format() const {
    auto const* const word = level == Level::error ? "error" : "warning";
    if (line == 0) return fmt::format("{}: {}: {}", file, word, text);
    return fmt::format("{}:{}:{}: {}: {}", file, line, column, word, text);
}

int Findings::add_source(std::string name, std::string_view text, bool has_lines) {
    Source source{std::move(name), text, has_lines, {0}};
    for (auto at = text.find('\n'); has_lines && at < text.size(); at = text.find('\n', at + 1))
        source.lines.push_back(at + 1);
    sources_.push_back(std::move(source));
    return static_cast<int>(sources_.size()) - 1;
}

Where Findings::at(int source, std::size_t offset) const {
    auto const& from = sources_.at(static_cast<std::size_t>(source));
    if (!from.has_lines) return {source, 0, 0, offset};
    offset = std::min(offset, from.text.size());
    auto const next = std::upper_bound(from.lines.begin(), from.lines.end(), offset);
    assert(next != from.lines.begin());
    auto const line = static_cast<int>(next - from.lines.begin());
    auto const begin = *std::prev(next);
    return {source, line, characters_in(from.text.substr(begin, offset - begin)) + 1, offset};
}

Where Findings::inside(Where const& scalar, std::string_view value, std::size_t offset) const {
    constexpr std::size_t needle_max = 24;
    auto const& from = sources_.at(static_cast<std::size_t>(scalar.source));
    auto needle = value.substr(std::min(offset, value.size()), needle_max);
    needle = needle.substr(0, needle.find('\n'));
    if (needle.empty() || scalar.offset > from.text.size()) return scalar;
    // Indentation and escapes make the source longer than the value, never shorter.
    auto const window = from.text.substr(scalar.offset, value.size() * 4 + 256);
    auto const found = window.find(needle, std::min(offset, window.size()));
    return found == std::string_view::npos ? scalar : at(scalar.source, scalar.offset + found);
}

void Findings::error(Where const& where, std::string text) {
    ++errors_;
    add(Finding::Level::error, where, std::move(text));
}

void Findings::warning(Where const& where, std::string text) {
    add(Finding::Level::warning, where, std::move(text));
}

void Findings::add(Finding::Level level, Where const& where, std::string text) {
    bool const is_warning = level == Finding::Level::warning;
    if (entries_.size() >= findings_max && (is_warning || errors_ > findings_max)) return;
    entries_.emplace(where.source, where.line, where.column, is_warning ? 1 : 0, std::move(text));
}

std::vector<Finding> Findings::sorted() const {
    std::vector<Finding> list;
    for (auto const& [source, line, column, level, text] : entries_) {
        auto const& name = sources_.at(static_cast<std::size_t>(source)).name;
        auto const kind = level == 0 ? Finding::Level::error : Finding::Level::warning;
        list.push_back({kind, name, line, column, text});
    }
    return list;
}

} // namespace darkroom::jobs
