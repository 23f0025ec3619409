#include "runner/base/json.hpp"

#include <fmt/format.h>

#include <stdexcept>

// The only place that knows RapidJSON: a failed assertion of its becomes an exception here.
#define RAPIDJSON_ASSERT(x)                                                                        \
    if (!(x)) throw std::logic_error("rapidjson: " #x)
#define RAPIDJSON_NOEXCEPT_ASSERT(x) static_cast<void>(x)
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
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

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

/// RapidJSON's events made into a Value. Returning false stops the reader.
class Builder {
public:
    explicit Builder(std::size_t depth_max) : depth_max_(depth_max) {}

    bool Null() { return add(Value()); }
    bool Bool(bool value) { return add(Value(value)); }
    bool RawNumber(char const* text, rapidjson::SizeType size, bool) {
        return add(Value(Number{std::string(text, size)}));
    }
    bool String(char const* text, rapidjson::SizeType size, bool) {
        return add(Value(std::string(text, size)));
    }
    bool StartObject() { return open(Value(Object())); }
    bool StartArray() { return open(Value(Array())); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }
    bool Key(char const* text, rapidjson::SizeType size, bool) {
        open_.back().key.assign(text, size);
        return true;
    }
    // Never called: numbers are read as text.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }

    bool too_deep() const { return too_deep_; }
    Value take() { return std::move(root_); }

private:
    struct Open {
        Value value;
        std::string key;
    };

    bool open(Value value) {
        too_deep_ = open_.size() >= depth_max_;
        if (!too_deep_) open_.push_back({std::move(value), {}});
        return !too_deep_;
    }

    bool close() {
        Value value = std::move(open_.back().value);
        open_.pop_back();
        return add(std::move(value));
    }

    bool add(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (auto* array = std::get_if<Array>(&open_.back().value.data_)) {
            array->push_back(std::move(value));
        } else {
            auto& members = std::get<Object>(open_.back().value.data_);
            put(members, std::move(open_.back().key), std::move(value));
        }
        return true;
    }

    std::size_t depth_max_;
    bool too_deep_ = false;
    std::vector<Open> open_;
    Value root_;
};

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
    if (auto const whole = parse_number<std::int64_t>(*digits)) return whole;
    auto const real = parse_number<double>(*digits);
    if (!real || std::trunc(*real) != *real || std::abs(*real) > 9e15) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

std::optional<double> Value::number() const {
    auto const digits = text();
    if (!digits) return std::nullopt;
    auto const real = parse_number<double>(*digits);
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

Result<Value> read(std::string_view text, ReadLimits limits) {
    if (text.size() > limits.bytes)
        return Error(Errc::too_large, fmt::format("{} bytes, limit {}", text.size(), limits.bytes));
    constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                               rapidjson::kParseValidateEncodingFlag |
                               rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream bytes(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    rapidjson::Reader reader;
    Builder builder(limits.depth);
    auto const parsed = reader.Parse<flags>(stream, builder);
    if (builder.too_deep())
        return Error(Errc::too_deep, fmt::format("more than {} levels", limits.depth));
    if (parsed.IsError())
        return Error(Errc::malformed, fmt::format("at byte {}: {}", parsed.Offset(),
                                                  rapidjson::GetParseError_En(parsed.Code())));
    return builder.take();
}

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
    } else if (auto const text = value.text()) {
        if (value.is_number())
            out.RawValue(text->data(), text->size(), rapidjson::kNumberType);
        else
            out.String(text->data(), length_of(*text));
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
std::string write_canonical(Value const& value) { return write_as(value, true); }

error_code make_error_code(Errc code) {
    static RoomCategory const category("json", wording);
    return {static_cast<int>(code), category};
}

} // namespace darkroom::json
