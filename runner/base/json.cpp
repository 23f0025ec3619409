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

std::optional<std::string> Value::text() const {
    if (auto const* value = std::get_if<std::string>(&data_)) return *value;
    if (auto const* value = std::get_if<Number>(&data_)) return value->text;
    return std::nullopt;
}

std::optional<std::int64_t> Value::integer() const {
    auto const digits = text();
    if (!digits) return std::nullopt;
    if (auto const whole = parse_whole<std::int64_t>(*digits)) return whole;
    auto const real = parse_real(*digits);
    if (!real || std::trunc(*real) != *real || std::abs(*real) > 9e15) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

std::optional<double> Value::number() const {
    auto const digits = text();
    if (!digits) return std::nullopt;
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

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

rapidjson::SizeType length_of(std::string const& text) {
    return static_cast<rapidjson::SizeType>(text.size());
}

void write_value(Writer& out, Value const& value, bool sorted);

void write_object(Writer& out, Object const& members, bool sorted) {
    std::vector<Member const*> order;
    for (auto const& member : members) order.push_back(&member);
    if (sorted)
        std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
    out.StartObject();
    for (auto const* member : order) {
        out.Key(member->first.data(), length_of(member->first));
        write_value(out, member->second, sorted);
    }
    out.EndObject();
}

void write_value(Writer& out, Value const& value, bool sorted) {
    if (auto const* members = value.object()) return write_object(out, *members, sorted);
    if (auto const* values = value.array()) {
        out.StartArray();
        for (auto const& item : *values) write_value(out, item, sorted);
        out.EndArray();
    } else if (auto const flag = value.boolean()) {
        out.Bool(*flag);
    } else if (auto const* string = value.string()) {
        out.String(string->data(), length_of(*string));
    } else if (auto const number = value.text()) {
        out.RawValue(number->data(), number->size(), rapidjson::kNumberType);
    } else {
        out.Null();
    }
}

std::string write_as(Value const& value, bool sorted) {
    rapidjson::StringBuffer buffer;
    Writer out(buffer);
    write_value(out, value, sorted);
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace

std::string write(Value const& value) { return write_as(value, false); }

void append_text(std::string& json, std::string_view text) {
    bool const is_plain = std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\';
    });
    if (!is_plain) {
        json += write(Value(text));
        return;
    }
    json += '"';
    json += text;
    json += '"';
}

std::string write_canonical(Value const& value) { return write_as(value, true); }

error_code make_error_code(Errc code) {
    static RoomCategory const category("json", wording);
    return {static_cast<int>(code), category};
}

} // namespace darkroom::json
