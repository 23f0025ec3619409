#include "runner/store/manifest_columns.hpp"

#include "runner/base/json.hpp"
#include "runner/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
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

/// Returns the end of the string whose first quote is at `at`; null when it has none.
char const* after_string(char const* at, char const* end) {
    while (++at < end) {
        auto const left = static_cast<std::size_t>(end - at);
        at = static_cast<char const*>(std::memchr(at, '"', left));
        if (at == nullptr) return nullptr;
        auto const* before = at;
        while (before[-1] == '\\') --before; // at the latest, the first quote is none
        if ((at - before) % 2 == 0) return at + 1;
    }
    return nullptr;
}

/// Returns the end of the object or list that begins at `at`; null when it has none.
char const* after_nest(char const* at, char const* end) {
    for (std::size_t depth = 0; at < end;) {
        switch (*at) {
        case '"':
            at = after_string(at, end);
            if (at == nullptr) return nullptr;
            continue;
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
    return nullptr;
}

/// Returns true for a string that stands for just its characters, as most do.
bool is_plain_string(std::string_view raw) {
    return raw.size() >= 2 && json::is_plain(raw.substr(1, raw.size() - 2));
}

char const* after_number(char const* at, char const* end) {
    auto const is_of_number = [](char c) {
        return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' || c == 'e' || c == 'E';
    };
    bool const is_begun = *at != '+' && *at != '.' && is_of_number(*at);
    return is_begun ? std::find_if_not(at, end, is_of_number) : nullptr;
}

/// Returns the end of the value that begins at `at`; null when there is none.
char const* after_value(char const* at, char const* end) {
    if (at == end) return nullptr;
    auto const after = [at, end](std::string_view word) {
        return std::string_view(at, end).starts_with(word) ? at + word.size() : nullptr;
    };
    switch (*at) {
    case '"': return after_string(at, end);
    case '{':
    case '[': return after_nest(at, end);
    case 'n': return after("null");
    case 't': return after("true");
    case 'f': return after("false");
    default: return after_number(at, end);
    }
}

/// Compares words: for names of this size a call of memcmp() would take longer.
template <std::size_t size>
bool are_equal(char const* a, char const* b) {
    using Word = std::conditional_t<size >= sizeof(std::uint64_t), std::uint64_t, std::uint32_t>;
    static_assert(size >= sizeof(Word));
    auto const is_equal_at = [a, b](std::size_t at) {
        Word in_a = 0;
        Word in_b = 0;
        std::memcpy(&in_a, a + at, sizeof in_a);
        std::memcpy(&in_b, b + at, sizeof in_b);
        return in_a == in_b;
    };
    for (std::size_t at = 0; at + sizeof(Word) <= size; at += sizeof(Word))
        if (!is_equal_at(at)) return false;
    return is_equal_at(size - sizeof(Word));
}

/// Takes a column's value from the start of the rest of a line. Each column has a function of its
/// own, which compares a name of known size: the lines of a million pictures are split three times.
template <std::size_t column>
bool take(std::string_view& rest, std::string_view& value) {
    constexpr auto name = column_names[column];
    constexpr char next = column + 1 == columns_count ? '}' : ',';
    bool const is_named =
        rest.size() > name.size() && are_equal<name.size()>(rest.data(), name.data());
    if (!is_named) return !unknown_value(static_cast<Column>(column)).empty();
    auto const* const end = rest.data() + rest.size();
    auto const* const begin = rest.data() + name.size();
    auto const* const after = after_value(begin, end);
    if (after == nullptr || after == end || *after != next) return false;
    value = {begin, after};
    rest = {after + 1, end};
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
    write_line(line);
    return line;
}

/// Columns that stay as they are next to each other in the line: they are copied together.
void LineColumns::write_line(std::string& line) const {
    line.clear();
    std::size_t size = 16;
    for (std::size_t i = 0; i < columns_count; ++i)
        size += column_names[i].size() + values_[i].size() + 1;
    line.reserve(size);
    for (std::size_t i = 0; i < columns_count;) {
        line += i == 0 ? '{' : ',';
        auto const kept = i;
        while (i < columns_count && is_kept(i)) ++i;
        if (i > kept) {
            line.append(values_[kept].data() - column_names[kept].size(),
                        values_[i - 1].data() + values_[i - 1].size());
        } else {
            line += column_names[i];
            line += values_[i].empty() ? unknown_value(static_cast<Column>(i)) : values_[i];
            ++i;
        }
    }
    line += '}';
}

std::string LineColumns::text(Column column) const {
    std::string text;
    read_text(column, text);
    return text;
}

void LineColumns::read_text(Column column, std::string& text) const {
    text.clear();
    auto const raw = at(column);
    if (raw.empty() || raw.front() != '"') return;
    if (is_plain_string(raw)) {
        text = raw.substr(1, raw.size() - 2);
        return;
    }
    auto const value = json::read(raw);
    if (auto const* string = value.has_value() ? value->string() : nullptr) text = *string;
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

} // namespace darkroom::store
