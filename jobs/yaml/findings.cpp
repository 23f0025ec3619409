#include "jobs/yaml/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace darkroom::jobs {

namespace {

/// A file with more is not a job file; the list stays readable and memory bounded.
constexpr std::size_t findings_max = 200;
constexpr std::size_t all_findings_max = 100'000;

int characters_in(std::string_view bytes) {
    auto const begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<int>(std::count_if(bytes.begin(), bytes.end(), begins));
}

} // namespace

std::string Finding::format() const {
    auto const* const word = level == Level::error ? "error" : "warning";
    if (line == 0) return fmt::format("{}: {}: {}", file, word, text);
    if (column == 0) return fmt::format("{}:{}: {}: {}", file, line, word, text);
    return fmt::format("{}:{}:{}: {}: {}", file, line, column, word, text);
}

int Findings::add_source(std::string name, std::string_view text, bool has_lines) {
    Source source{std::move(name), text, has_lines, false, {0}};
    for (auto at = text.find('\n'); has_lines && at < text.size(); at = text.find('\n', at + 1))
        source.lines.push_back(at + 1);
    sources_.push_back(std::move(source));
    return static_cast<int>(sources_.size()) - 1;
}

int Findings::add_table(std::string name) {
    sources_.push_back({std::move(name), {}, false, true, {}});
    return static_cast<int>(sources_.size()) - 1;
}

int Findings::line_of(Where const& where) const {
    auto const& from = sources_.at(static_cast<std::size_t>(where.source));
    if (from.is_table) return static_cast<int>(where.offset);
    if (!from.has_lines) return 0;
    auto const next = std::upper_bound(from.lines.begin(), from.lines.end(), where.offset);
    assert(next != from.lines.begin());
    return static_cast<int>(next - from.lines.begin());
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
    return found == std::string_view::npos ? scalar : Where{scalar.source, scalar.offset + found};
}

Finding Findings::place_of(Where const& where) const {
    Findings one;
    one.sources_ = sources_;
    one.error(where, "");
    return one.sorted().front();
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
    // Warnings may fill the list, but never keep the first error out of it.
    if (entries_.size() >= most() && (is_warning || errors_ > 1)) {
        ++dropped_;
        return;
    }
    auto const& from = sources_.at(static_cast<std::size_t>(where.source));
    auto const inside = from.has_lines ? std::min(where.offset, from.text.size()) : 0;
    auto const offset = from.is_table ? where.offset : inside;
    entries_.emplace(where.source, offset, is_warning ? 1 : 0, std::move(text));
}

bool Findings::has_text(std::string_view text) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [text](Entry const& entry) { return std::get<std::string>(entry) == text; });
}

void Findings::list_all() { lists_all_ = true; }

std::size_t Findings::most() const { return lists_all_ ? all_findings_max : findings_max; }

void Findings::refuse_warnings() {
    std::set<Entry> entries;
    for (auto const& [source, offset, level, text] : entries_)
        entries.emplace(source, offset, 0, text);
    entries_ = std::move(entries);
    errors_ = entries_.size();
}

bool Findings::is_full() const { return errors_ > 0 && entries_.size() >= most(); }

std::vector<Finding> Findings::sorted() const {
    std::vector<Finding> list;
    Where before;
    for (auto const& [source, offset, level, text] : entries_) {
        auto const& from = sources_.at(static_cast<std::size_t>(source));
        auto const kind = level == 0 ? Finding::Level::error : Finding::Level::warning;
        Finding finding{kind, from.name, line_of({source, offset}), 0, text};
        if (from.has_lines) {
            // Counts on from the finding before, if that was on the same line.
            bool const goes_on =
                !list.empty() && before.source == source && list.back().line == finding.line;
            auto const begin =
                goes_on ? before.offset : from.lines[static_cast<std::size_t>(finding.line) - 1];
            finding.column = (goes_on ? list.back().column : 1) +
                             characters_in(from.text.substr(begin, offset - begin));
        }
        before = {source, offset};
        list.push_back(std::move(finding));
    }
    if (lists_all_ && dropped_ > 0) {
        Finding more = list.back();
        more.text = fmt::format("{} more findings are not listed", dropped_);
        list.push_back(std::move(more));
    }
    return list;
}

namespace {

/// Returns a warning without what it quotes.
std::string kind_of(std::string_view text) {
    std::string kind;
    bool is_quoted = false;
    for (char const c : text) {
        if (c == '\'') is_quoted = !is_quoted;
        if (!is_quoted) kind += c;
    }
    return kind;
}

} // namespace

CappedWarnings::CappedWarnings(Findings& findings, std::string_view lines)
    : findings_(findings), lines_(lines) {
    forget();
}

void CappedWarnings::forget() {
    found_ = Findings();
    found_.add_table("");
}

void CappedWarnings::take(Where const& where) {
    constexpr int shown_max = 10;
    constexpr std::size_t kinds_max = 10;
    bool has_unshown = false;
    for (auto const& finding : found_.sorted()) {
        auto const kind = kind_of(finding.text);
        auto known = shown_.find(kind);
        if (known == shown_.end() && shown_.size() < kinds_max)
            known = shown_.emplace(kind, 0).first;
        bool const is_shown = known != shown_.end() && known->second < shown_max;
        has_unshown = has_unshown || !is_shown;
        if (!is_shown) continue;
        ++known->second;
        findings_.warning(where, finding.text);
    }
    forget();
    if (!has_unshown) return;
    if (unshown_++ == 0) first_unshown_ = where;
}

void CappedWarnings::close() {
    if (unshown_ == 0) return;
    findings_.warning(first_unshown_,
                      fmt::format("and {} more {}{} with warnings like these: 'darkroom validate "
                                  "--all' lists them",
                                  unshown_, lines_, unshown_ == 1 ? "" : "s"));
}

} // namespace darkroom::jobs
