// JSON values: read with limits and errors instead of asserts, written compactly.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace darkroom::json {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
/// Members in the order read or added. Keys are unique: the last of two equal ones is kept.
using Object = std::vector<Member>;

/// A number as it was written, so that a 19-digit id survives; converted on demand.
struct Number {
    std::string text;
    friend bool operator==(Number const&, Number const&) = default;
};

/// One JSON value, which owns its parts. Readers of a service's answers use the tolerant getters:
/// they return nothing, rather than fail, for a member that is absent or of another type.
class Value {
public:
    Value() = default;
    Value(std::nullptr_t) {}
    Value(bool value) : data_(value) {}
    Value(char const* text) : data_(std::string(text)) {}
    Value(std::string_view text) : data_(std::string(text)) {}
    Value(std::string text) : data_(std::move(text)) {}
    Value(Number number) : data_(std::move(number)) {}
    Value(int value) : Value(static_cast<std::int64_t>(value)) {}
    Value(std::int64_t value);
    Value(std::uint64_t value);
    Value(double value); ///< Writes the shortest text that reads back equal; NaN becomes null.
    Value(Array values);
    Value(Object members);

    bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
    bool is_object() const { return std::holds_alternative<Object>(data_); }
    bool is_array() const { return std::holds_alternative<Array>(data_); }
    bool is_string() const { return std::holds_alternative<std::string>(data_); }
    bool is_number() const { return std::holds_alternative<Number>(data_); }

    Object const* object() const { return std::get_if<Object>(&data_); }
    Array const* array() const { return std::get_if<Array>(&data_); }
    std::string const* string() const { return std::get_if<std::string>(&data_); }
    std::string const* digits() const; ///< A number as it is written.
    std::optional<bool> boolean() const;
    /// Returns a string, or a number as its text: services write ids both ways.
    std::optional<std::string> text() const;
    /// Returns a number, or a string that is one: services write widths both ways.
    std::optional<std::int64_t> integer() const;
    std::optional<double> number() const;

    /// Returns a member of an object, or nullptr.
    Value const* find(std::string_view key) const;
    /// These are find() and the getter in one.
    std::optional<std::string> text(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const;
    std::optional<double> number(std::string_view key) const;
    std::optional<bool> boolean(std::string_view key) const;
    /// Returns the strings of an array member and leaves other elements out; empty when absent.
    std::vector<std::string> texts(std::string_view key) const;

    /// Adds or replaces a member; a value of another type becomes an object first.
    void set(std::string_view key, Value value);
    /// Removes a member if it exists.
    void erase(std::string_view key);

    friend bool operator==(Value const&, Value const&);

private:
    std::string const* string_or_digits() const;

    std::variant<std::monostate, bool, Number, std::string, Array, Object> data_;
};

/// The size up to which a text is read.
struct ReadLimits {
    std::size_t bytes = 16u << 20;
    std::size_t depth = 64;
    std::size_t values =
        1'000'000; ///< On all levels together; each takes about 40 bytes of memory.
    /// Half a surrogate pair, and bytes that are no UTF-8, are read as U+FFFD.
    bool mend_text = false;
};

/// Reads one whole JSON text (UTF-8, checked, or mended where the limits say so). Errors:
/// json::Errc, with the byte offset in the detail.
Result<Value> read(std::string_view text, ReadLimits limits = ReadLimits());

/// Returns compact text with the members in their order.
std::string write(Value const& value);
/// Appends what write() returns for a string, without making a value of it.
void append_text(std::string& json, std::string_view text);
/// Returns true for ASCII without control signs, quotes and backslashes: such text stands for
/// itself in a string.
bool is_plain(std::string_view text);
/// Returns compact text with the keys of every object sorted: equal values give equal bytes.
std::string write_canonical(Value const& value);

enum class Errc { malformed = 1, too_large, too_deep };
error_code make_error_code(Errc code);

} // namespace darkroom::json

template <>
struct boost::system::is_error_code_enum<darkroom::json::Errc> : std::true_type {};
