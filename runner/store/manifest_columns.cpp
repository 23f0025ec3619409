#include "runner/store/manifest_columns.hpp"

#include "runner/base/json.hpp"
#include "runner/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace darkroom::store {

namespace {

/// The names as they stand before a value.
constexpr std::array<std::string_view, columns_count> column_names{
    R"("schema":)",       R"("key":)",          R"("job":)",          R"("item":)",
    R"("repeat":)",       R"("path":)",         R"("kind":)",         R"("tile":)",
    R"("result":)",       R"("variables":)",    R"("drawn":)",        R"("prompt":)",
    R"("root_prompt":)",  R"("action":)",       R"("mode":)",         R"("parent_image_id":)",
    R"("task_id":)",      R"("trace_id":)",     R"("image_id":)",     R"("actions":)",
    R"("picked":)",       R"("url":)",          R"("file":)",         R"("same_as":)",
    R"("width":)",        R"("height":)",       R"("format":)",       R"("bytes":)",
    R"("sha256":)",       R"("account":)",      R"("attempts":)",     R"("cost":)",
    R"("submitted_at":)", R"("generated_at":)", R"("downloaded_at":)"};

/// Returns what a line says of a column that version 0.1 did not have; "" for the other columns.
constexpr std::string_view unknown_value(Column column) {
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
    auto const size_of = [text](std::string_view word) {
        return text.starts_with(word) ? word.size() : 0;
    };
    switch (text.front()) {
    case '"': return string_size(text);
    case '{':
    case '[': return nest_size(text);
    case 'n': return size_of("null");
    case 't': return size_of("true");
    case 'f': return size_of("false");
    case '+':
    case '.': return 0;
    default: break;
    }
    auto const is_of_number = [](char c) {
        return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' || c == 'e' || c == 'E';
    };
    auto const end = std::find_if_not(text.begin(), text.end(), is_of_number);
    return static_cast<std::size_t>(end - text.begin());
}

/// Takes a column's value from the start of the rest of a line. Each column has a function of its
/// own, which compares a name of known size: the lines of a million pictures are split three times.
template <std::size_t column>
bool take(std::string_view& rest, std::string_view& value) {
    constexpr auto name = column_names[column];
    constexpr char end = column + 1 == columns_count ? '}' : ',';
    bool const is_named =
        rest.size() > name.size() && std::memcmp(rest.data(), name.data(), name.size()) == 0;
    if (!is_named) return !unknown_value(static_cast<Column>(column)).empty();
    rest.remove_prefix(name.size());
    auto const size = value_size(rest);
    if (size == 0 || size >= rest.size() || rest[size] != end) return false;
    value = rest.substr(0, size);
    rest.remove_prefix(size + 1);
    return true;
}

template <std::size_t... columns>
bool take_all(std::string_view& rest, std::array<std::string_view, columns_count>& values,
              std::index_sequence<columns...> /*all*/) {
    return (take<columns>(rest, values[columns]) && ...);
}

} // namespace

std::optional<LineColumns> LineColumns::split(std::string_view line) {
    if (line.size() < 2 || line.front() != '{' || line.back() != '}') return std::nullopt;
    line.remove_prefix(1);
    LineColumns columns;
    auto constexpr all = std::make_index_sequence<columns_count>();
    if (!take_all(line, columns.values_, all)) return std::nullopt;
    if (!line.empty()) return std::nullopt;
    return columns;
}

bool LineColumns::is_of_0_1() const { return at(Column::root_prompt).empty(); }

std::string LineColumns::line() const {
    std::string line;
    std::size_t size = 1;
    for (std::size_t i = 0; i < columns_count; ++i)
        size += column_names[i].size() + values_[i].size() + 1;
    line.reserve(size + 16);
    for (std::size_t i = 0; i < columns_count; ++i) {
        line += i == 0 ? '{' : ',';
        line += column_names[i];
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

std::string json_text(std::string_view text) {
    bool const is_plain = std::all_of(text.begin(), text.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != '"' && c != '\\';
    });
    if (!is_plain) return json::write(json::Value(text));
    std::string plain;
    plain.reserve(text.size() + 2);
    plain += '"';
    plain += text;
    plain += '"';
    return plain;
}

} // namespace darkroom::store
