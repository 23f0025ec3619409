#include "runner/base/json.hpp"

#include "runner/base/number.hpp"

#include <fmt/format.h>

#include <stdexcept>

// Only this file and json_read.cpp include RapidJSON, whose failed assertions become exceptions.
#define RAPIDJSON_ASSERT(x)                                                                        \
    if (!(x)) throw std::logic_error("rapidjson: " #x)
#define RAPIDJSON_NOEXCEPT_ASSERT(x) static_cast<void>(x)
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace darkroom::json {

namespace {

std::string wording(int value) {
    switch (static_cast<Errc>(value)) {
    case Errc::malformed: return "not valid JSON";
    case Errc::too_large: return "JSON text is too large";
    case Errc::too_deep: return "JSON is nested too deeply";
    }
    return "unnamed JSON error";
}

void put(Object& members, std::string key, Value value) {
    for (auto& member : members) {
        if (member.first != key) continue;
        member.second = std::move(value);
        return;
    }
    members.emplace_back(std::move(key), std::move(value));
}

} // namespace

Value::Value(std::int64_t value) : data_(Number{std::to_string(value)}) {}
Value::Value(std::uint64_t value) : data_(Number{std::to_string(value)}) {}
Value::Value(double value) {
    if (std::isfinite(value)) data_ = Number{fmt::format("{}", value)};
}
Value::Value(Array values) : data_(std::move(values)) {}
Value::Value(Object members) : data_(std::move(members)) {}

std::optional<bool> Value::boolean() const {
    if (auto const* value = std::get_if<bool>(&data_)) return *value;
    return std::nullopt;
}

std::string const* Value::digits() const {
    auto const* value = std::get_if<Number>(&data_);
    return value == nullptr ? nullptr : &value->text;
}

std::string const* Value::string_or_digits() const {
    auto const* text = string();
    return text == nullptr ? digits() : text;
}

std::optional<std::string> Value::text() const {
    auto const* text = string_or_digits();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<std::int64_t> Value::integer() const {
    auto const* digits = string_or_digits();
    if (digits == nullptr) return std::nullopt;
    if (auto const whole = parse_whole<std::int64_t>(*digits)) return whole;
    auto const real = parse_real(*digits);
    if (!real || std::trunc(*real) != *real || std::abs(*real) > 9e15) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

std::optional<double> Value::number() const {
    auto const* digits = string_or_digits();
    if (digits == nullptr) return std::nullopt;
    auto const real = parse_real(*digits);
    if (!real || !std::isfinite(*real)) return std::nullopt;
    return real;
}

Value const* Value::find(std::string_view key) const {
    auto const* members = object();
    if (members == nullptr) return nullptr;
    auto const found = std::find_if(members->begin(), members->end(),
                                    [key](Member const& m) { return m.first == key; });
    return found == members->end() ? nullptr : &found->second;
}

std::optional<std::string> Value::text(std::string_view key) const {
    auto const* value = find(key);
    return value == nullptr ? std::nullopt : value->text();
}
std::optional<std::int64_t> Value::integer(std::string_view key) const {
    auto const* value = find(key);
    return value == nullptr ? std::nullopt : value->integer();
}
std::optional<double> Value::number(std::string_view key) const {
    auto const* value = find(key);
    return value == nullptr ? std::nullopt : value->number();
}
std::optional<bool> Value::boolean(std::string_view key) const {
    auto const* value = find(key);
    return value == nullptr ? std::nullopt : value->boolean();
}

std::vector<std::string> Value::texts(std::string_view key) const {
    std::vector<std::string> out;
    auto const* value = find(key);
    if (value == nullptr || !value->is_array()) return out;
    for (auto const& item : *value->array()) {
        if (item.is_string()) out.push_back(*item.text());
    }
    return out;
}

void Value::set(std::string_view key, Value value) {
    if (!is_object()) data_ = Object();
    put(std::get<Object>(data_), std::string(key), std::move(value));
}

void Value::erase(std::string_view key) {
    auto* members = std::get_if<Object>(&data_);
    if (members == nullptr) return;
    std::erase_if(*members, [key](Member const& m) { return m.first == key; });
}

bool operator==(Value const& a, Value const& b) { return a.data_ == b.data_; }

namespace {

/// Appends a string that has to be escaped.
void append_escaped(std::string& json, std::string_view text) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
    out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    json.append(buffer.GetString(), buffer.GetSize());
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\'; }

constexpr std::uint8_t least(std::uint8_t a, std::uint8_t b) { return a < b ? a : b; }

enum class Signs { all, ascii };

/// Returns whether a text of such signs stands for itself in a string. Takes the least of a block,
/// which the compiler does for all of its bytes at once.
template <Signs signs>
bool needs_no_escape(std::string_view text) {
    constexpr std::size_t block = 16;
    constexpr std::uint8_t most = signs == Signs::ascii ? 0x7e : 0xff;
    for (; text.size() >= block; text.remove_prefix(block)) {
        std::uint8_t code = 0xff, rest = 0xff;       // rest: up to the highest code
        std::uint8_t quote = 0xff, backslash = 0xff; // zero: there is one
        for (std::size_t i = 0; i < block; ++i) {
            auto const c = static_cast<std::uint8_t>(text[i]);
            code = least(code, c);
            rest = least(rest, static_cast<std::uint8_t>(0xff - c));
            quote = least(quote, static_cast<std::uint8_t>(c ^ '"'));
            backslash = least(backslash, static_cast<std::uint8_t>(c ^ '\\'));
        }
        if (code < ' ' || rest < 0xff - most || quote == 0 || backslash == 0) return false;
    }
    return std::none_of(text.begin(), text.end(), [](char c) {
        return needs_escape(c) || static_cast<std::uint8_t>(c) > most;
    });
}

enum class Keys { as_they_are, sorted };

void append_value(std::string& json, Value const& value, Keys keys);

void append_member(std::string& json, Member const& member, Keys keys) {
    append_text(json, member.first);
    json += ':';
    append_value(json, member.second, keys);
    json += ',';
}

void append_members(std::string& json, Object const& members, Keys keys) {
    if (keys == Keys::as_they_are) {
        for (auto const& member : members) append_member(json, member, keys);
        return;
    }
    std::vector<Member const*> order;
    order.reserve(members.size());
    for (auto const& member : members) order.push_back(&member);
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
    for (auto const* member : order) append_member(json, *member, keys);
}

/// Closes an object or array, whose last part has a comma behind it.
void close(std::string& json, char end) {
    if (json.back() == ',') json.pop_back();
    json += end;
}

void append_value(std::string& json, Value const& value, Keys keys) {
    if (auto const* members = value.object()) {
        json += '{';
        append_members(json, *members, keys);
        close(json, '}');
    } else if (auto const* items = value.array()) {
        json += '[';
        for (auto const& item : *items) {
            append_value(json, item, keys);
            json += ',';
        }
        close(json, ']');
    } else if (auto const flag = value.boolean()) {
        json += *flag ? "true" : "false";
    } else if (auto const* string = value.string()) {
        append_text(json, *string);
    } else if (auto const* digits = value.digits()) {
        json += *digits;
    } else {
        json += "null";
    }
}

std::string write_as(Value const& value, Keys keys) {
    std::string json;
    append_value(json, value, keys);
    return json;
}

} // namespace

std::string write(Value const& value) { return write_as(value, Keys::as_they_are); }

void append_text(std::string& json, std::string_view text) {
    if (!needs_no_escape<Signs::all>(text)) return append_escaped(json, text);
    auto const before = json.size();
    json.resize(before + text.size() + 2, '"');
    std::copy(text.begin(), text.end(), json.begin() + static_cast<std::ptrdiff_t>(before) + 1);
}

bool is_plain(std::string_view text) { return needs_no_escape<Signs::ascii>(text); }

std::string write_canonical(Value const& value) { return write_as(value, Keys::sorted); }

error_code make_error_code(Errc code) {
    static RoomCategory const category("json", wording);
    return {static_cast<int>(code), category};
}

} // namespace darkroom::json
