#include "runner/postgres/statement.hpp"

#include "runner/base/number.hpp"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace darkroom::postgres {

namespace {

/// No text of PostgreSQL holds a zero byte.
std::string without_zeros(std::string_view text) {
    std::string out(text);
    std::erase(out, '\0');
    return out;
}

std::string hex_of(Digest const& digest) { return "\\x" + to_hex(digest); }

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

template <class Items, class ToText>
std::string array_of(Items const& items, ToText to_text) {
    std::string out = "{";
    for (auto const& item : items) {
        if (out.size() > 1) out += ',';
        out += to_text(item);
    }
    return out + '}';
}

} // namespace

Statement& Statement::add(std::string_view text) {
    values_.emplace_back(without_zeros(text));
    return *this;
}

Statement& Statement::add(std::int64_t number) {
    values_.emplace_back(std::to_string(number));
    return *this;
}

Statement& Statement::add(Digest const& digest) {
    values_.emplace_back(hex_of(digest));
    return *this;
}

Statement& Statement::add(std::optional<std::int64_t> number) {
    return number ? add(*number) : add_null();
}

Statement& Statement::add_null() {
    values_.emplace_back(std::nullopt);
    return *this;
}

Statement& Statement::add(std::vector<std::int64_t> const& numbers) {
    values_.emplace_back(array_of(numbers, [](auto number) { return std::to_string(number); }));
    return *this;
}

Statement& Statement::add(std::vector<std::string> const& texts) {
    values_.emplace_back(
        array_of(texts, [](auto const& text) { return in_quotes(without_zeros(text)); }));
    return *this;
}

Statement& Statement::add(std::vector<Digest> const& digests) {
    values_.emplace_back(
        array_of(digests, [](auto const& digest) { return in_quotes(hex_of(digest)); }));
    return *this;
}

Statement& Statement::add(std::vector<bool> const& flags) {
    values_.emplace_back(array_of(flags, [](bool flag) { return flag ? "t" : "f"; }));
    return *this;
}

std::string const& Rows::text(std::size_t row, std::size_t column) const {
    assert(row < rows_.size() && column < rows_[row].size());
    return rows_[row][column];
}

std::int64_t Rows::number(std::size_t row, std::size_t column) const {
    return parse_whole<std::int64_t>(text(row, column)).value_or(0);
}

std::optional<std::int64_t> Rows::optional_number(std::size_t row, std::size_t column) const {
    return parse_whole<std::int64_t>(text(row, column));
}

Digest Rows::digest(std::size_t row, std::size_t column) const {
    Digest digest{};
    std::string_view const shown = text(row, column);
    if (!shown.starts_with("\\x") || !from_hex(shown.substr(2), digest)) return Digest{};
    return digest;
}

} // namespace darkroom::postgres
