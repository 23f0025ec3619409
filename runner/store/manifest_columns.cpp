#include "runner/store/manifest_columns.hpp"

#include "runner/base/json.hpp"
#include "runner/base/number.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::store {

namespace {

constexpr std::array<std::string_view, columns_count> names{
    "schema",       "key",          "job",          "item",
    "repeat",       "path",         "kind",         "tile",
    "result",       "variables",    "drawn",        "prompt",
    "root_prompt",  "action",       "mode",         "parent_image_id",
    "task_id",      "trace_id",     "image_id",     "actions",
    "picked",       "url",          "file",         "same_as",
    "width",        "height",       "format",       "bytes",
    "sha256",       "account",      "attempts",     "cost",
    "submitted_at", "generated_at", "downloaded_at"};

/// Returns what a line says of a column that version 0.1 did not have; "" for the other columns.
std::string_view unknown_value(Column column) {
    switch (column) {
    case Column::drawn: return "{}";
    case Column::root_prompt:
    case Column::picked:
    case Column::same_as: return "null";
    default: return "";
    }
}

/// Returns the size of the string that the text begins with; 0 when it has no end.
std::size_t string_size(std::string_view text) {
    for (std::size_t at = 1;;) {
        auto const quote = text.find('"', at);
        if (quote == text.npos) return 0;
        auto before = quote;
        while (before > 1 && text[before - 1] == '\\') --before;
        if ((quote - before) % 2 == 0) return quote + 1;
        at = quote + 1;
    }
}

/// Returns the size of the object or list that the text begins with; 0 when it has no end.
std::size_t nest_size(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < text.size();) {
        switch (text[at]) {
        case '"': {
            auto const size = string_size(text.substr(at));
            if (size == 0) return 0;
            at += size;
            continue;
        }
        case '{':
        case '[': ++depth; break;
        case '}':
        case ']':
            if (--depth == 0) return at + 1;
            break;
        default: break;
        }
        ++at;
    }
    return 0;
}

/// Returns the size of the value that the text begins with; 0 when there is none.
std::size_t value_size(std::string_view text) {
    if (text.empty()) return 0;
    if (text.front() == '"') return string_size(text);
    if (text.front() == '{' || text.front() == '[') return nest_size(text);
    for (std::string_view const word : {"null", "true", "false"}) {
        if (text.starts_with(word)) return word.size();
    }
    auto const size = std::min(text.find_first_not_of("0123456789+-.eE"), text.size());
    return parse_real(text.substr(0, size)) ? size : 0;
}

/// Takes `"name":` from the front.
bool take_name(std::string_view& text, std::string_view name) {
    bool const is_there = text.size() > name.size() + 3 && text[0] == '"' &&
                          text.substr(1, name.size()) == name &&
                          text.substr(name.size() + 1, 2) == "\":";
    if (is_there) text.remove_prefix(name.size() + 3);
    return is_there;
}

} // namespace

std::optional<LineColumns> LineColumns::split(std::string_view line) {
    if (line.size() < 2 || line.front() != '{' || line.back() != '}') return std::nullopt;
    line.remove_prefix(1);
    LineColumns columns;
    for (std::size_t i = 0; i < columns_count; ++i) {
        if (!take_name(line, names[i])) {
            if (unknown_value(static_cast<Column>(i)).empty()) return std::nullopt;
            continue;
        }
        auto const size = value_size(line);
        bool const is_last = i + 1 == columns_count;
        if (size == 0 || size >= line.size() || line[size] != (is_last ? '}' : ','))
            return std::nullopt;
        columns.values_[i] = line.substr(0, size);
        line.remove_prefix(size + 1);
    }
    if (!line.empty()) return std::nullopt;
    return columns;
}

bool LineColumns::is_of_0_1() const { return at(Column::root_prompt).empty(); }

std::string LineColumns::line() const {
    std::string line;
    std::size_t size = 1;
    for (std::size_t i = 0; i < columns_count; ++i) size += names[i].size() + values_[i].size() + 4;
    line.reserve(size + 16);
    for (std::size_t i = 0; i < columns_count; ++i) {
        line += i == 0 ? '{' : ',';
        line += '"';
        line += names[i];
        line += "\":";
        line += values_[i].empty() ? unknown_value(static_cast<Column>(i)) : values_[i];
    }
    line += '}';
    return line;
}

std::string LineColumns::text(Column column) const {
    auto const value = json::read(at(column));
    auto const* text = value.has_value() ? value->string() : nullptr;
    return text != nullptr ? *text : std::string();
}

std::int64_t LineColumns::number(Column column) const {
    return parse_whole<std::int64_t>(at(column)).value_or(0);
}

jobs::Micros LineColumns::money(Column column) const {
    return std::llround(parse_real(at(column)).value_or(0) * 1e6);
}

int LineColumns::tile() const {
    auto const shown = static_cast<int>(number(Column::tile));
    return at(Column::kind) == "\"video\"" && shown > 0 ? shown - 1 : shown; // they count from 1
}

std::string json_text(std::string_view text) { return json::write(json::Value(text)); }

} // namespace darkroom::store
