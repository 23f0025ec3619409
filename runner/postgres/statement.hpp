// A statement with its values, and the rows of its answer: both as PostgreSQL's texts.
#pragma once

#include "runner/base/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::postgres {

/// A call of one function. Values are added in the order of $1, $2, …
class Statement {
public:
    /// `sql` is a literal.
    explicit Statement(char const* sql) : sql_(sql) {}

    Statement& add(std::string_view text);
    Statement& add(char const* text) { return add(std::string_view(text)); }
    Statement& add(std::int64_t number);
    Statement& add(int number) { return add(static_cast<std::int64_t>(number)); }
    Statement& add(bool flag) { return add(std::string_view(flag ? "t" : "f")); }
    Statement& add(Digest const& digest);
    Statement& add(std::optional<std::int64_t> number);
    Statement& add_null();
    Statement& add(std::vector<std::int64_t> const& numbers);
    Statement& add(std::vector<std::string> const& texts);
    Statement& add(std::vector<Digest> const& digests);
    Statement& add(std::vector<bool> const& flags);

    char const* sql() const { return sql_; }
    /// Returns the texts of the values; none: null.
    std::vector<std::optional<std::string>> const& values() const { return values_; }

private:
    char const* sql_;
    std::vector<std::optional<std::string>> values_;
};

/// The answer to it. A null is an empty text, zero, or false.
class Rows {
public:
    std::size_t size() const { return rows_.size(); }
    std::string const& text(std::size_t row, std::size_t column) const;
    std::int64_t number(std::size_t row, std::size_t column) const;
    /// Returns nothing for a null.
    std::optional<std::int64_t> optional_number(std::size_t row, std::size_t column) const;
    bool flag(std::size_t row, std::size_t column) const { return text(row, column) == "t"; }
    /// Returns zeros where it is not one.
    Digest digest(std::size_t row, std::size_t column) const;

    void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace darkroom::postgres
