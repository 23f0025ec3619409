#include "runner/base/json.hpp"

#include "runner/base/number.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <stdexcept>

// Only this file includes RapidJSON, whose failed assertions become exceptions.
#define RAPIDJSON_ASSERT(x)                                                                        \
    if (!(x)) throw std::logic_error("rapidjson: " #x)
#define RAPIDJSON_NOEXCEPT_ASSERT(x) static_cast<void>(x)
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// Makes keys unique: the first of equal members gets the value of the last. Sorts, since a
/// hostile object has a million keys.
void keep_last_of_equals(Object& members) {
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&members](std::size_t a, std::size_t b) {
        return members[a].first < members[b].first;
    });
    std::vector<bool> surplus(members.size(), false);
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
        if (members[order[i]].first != members[order[first]].first) {
            first = i;
            continue;
        }
        members[order[first]].second = std::move(members[order[i]].second);
        surplus[order[i]] = true;
    }
    std::size_t index = 0;
    std::erase_if(members, [&](Member const&) { return surplus[index++]; });
}

} // namespace

/// Makes a Value from RapidJSON's events. Returning false stops the reader.
class Builder {
public:
    explicit Builder(ReadLimits limits) : limits_(limits) {}

    // NOLINTBEGIN(readability-identifier-naming): the names are RapidJSON's
    bool Null() { return add(Value()); }
    bool Bool(bool value) { return add(Value(value)); }
    bool RawNumber(char const* text, rapidjson::SizeType size, bool) {
        return add(Value(Number{std::string(text, size)}));
    }
    bool String(char const* text, rapidjson::SizeType size, bool) {
        return is_whole(text, size) && add(Value(std::string(text, size)));
    }
    bool StartObject() { return open(Value(Object())); }
    bool StartArray() { return open(Value(Array())); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }
    bool Key(char const* text, rapidjson::SizeType size, bool) {
        open_.back().key.assign(text, size);
        return is_whole(text, size);
    }
    // Never called: numbers are read as text.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    // NOLINTEND(readability-identifier-naming)

    /// Returns the reason why the reader was stopped; no error if it was not.
    Error const& refusal() const { return refusal_; }
    Value take() { return std::move(root_); }

private:
    struct Open {
        Value value;
        std::string key;
    };

    bool open(Value value) {
        if (open_.size() >= limits_.depth)
            return refuse(Errc::too_deep, fmt::format("more than {} levels", limits_.depth));
        open_.push_back({std::move(value), {}});
        return true;
    }

    bool close() {
        Value value = std::move(open_.back().value);
        open_.pop_back();
        if (auto* members = std::get_if<Object>(&value.data_)) keep_last_of_equals(*members);
        return add(std::move(value));
    }

    bool add(Value value) {
        if (++values_ > limits_.values)
            return refuse(Errc::too_large, fmt::format("more than {} values", limits_.values));
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (auto* array = std::get_if<Array>(&open_.back().value.data_)) {
            array->push_back(std::move(value));
        } else {
            auto& members = std::get<Object>(open_.back().value.data_);
            members.emplace_back(std::move(open_.back().key), std::move(value));
        }
        return true;
    }

    /// Checks for the escape of half a surrogate pair, which RapidJSON lets through.
    bool is_whole(char const* text, std::size_t size) {
        if (is_valid_utf8({text, size})) return true;
        return refuse(Errc::malformed, "a string holds half a surrogate pair");
    }

    bool refuse(Errc code, std::string detail) {
        refusal_ = Error(code, std::move(detail));
        return false;
    }

    ReadLimits limits_;
    std::size_t values_ = 0;
    Error refusal_;
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

/// Returns the code unit of the escape `\uXXXX` that `text` begins with; nothing when it is none.
std::optional<std::uint16_t> escaped_unit(std::string_view text) {
    if (!text.starts_with("\\u") || text.size() < 6) return std::nullopt;
    return parse_whole<std::uint16_t>(text.substr(2, 4), 16);
}

/// Returns the text with the escapes of half a surrogate pair replaced by that of U+FFFD. A
/// backslash stands in strings alone, so they need not be told from the rest.
std::string with_whole_pairs(std::string_view text) {
    auto const is_half = [](std::optional<std::uint16_t> unit, unsigned first) {
        return unit && *unit >= first && *unit < first + 0x400u;
    };
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const plain = std::min(text.find('\\'), text.size());
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        auto const unit = escaped_unit(text);
        bool const high = is_half(unit, 0xD800);
        bool const pair = high && is_half(escaped_unit(text.substr(6)), 0xDC00);
        auto const length = std::min<std::size_t>(pair ? 12 : unit ? 6 : 2, text.size());
        bool const half = !pair && (high || is_half(unit, 0xDC00));
        out.append(half ? "\\uFFFD" : text.substr(0, length));
        text.remove_prefix(length);
    }
    return out;
}

Result<Value> read_strictly(std::string_view text, ReadLimits limits) {
    if (text.size() > limits.bytes)
        return Error(Errc::too_large, fmt::format("{} bytes, limit {}", text.size(), limits.bytes));
    // RapidJSON takes a NUL for the end of the text: whatever follows it would be ignored.
    if (auto const nul = text.find('\0'); nul != std::string_view::npos)
        return Error(Errc::malformed, fmt::format("at byte {}: a NUL byte", nul));
    constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                               rapidjson::kParseValidateEncodingFlag |
                               rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream bytes(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    rapidjson::Reader reader;
    Builder builder(limits);
    auto const parsed = reader.Parse<flags>(stream, builder);
    if (builder.refusal().code)
        return Error(builder.refusal().code,
                     fmt::format("at byte {}: {}", parsed.Offset(), builder.refusal().detail));
    if (parsed.IsError())
        return Error(Errc::malformed, fmt::format("at byte {}: {}", parsed.Offset(),
                                                  rapidjson::GetParseError_En(parsed.Code())));
    return builder.take();
}

} // namespace

Result<Value> read(std::string_view text, ReadLimits limits) {
    auto value = read_strictly(text, limits);
    bool const broken = value.has_error() && value.error().code == Errc::malformed;
    if (!broken || !limits.mend_text) return value;
    auto const mended = with_whole_pairs(mended_utf8(text));
    limits.bytes = std::max(limits.bytes, mended.size()); // U+FFFD takes up to three bytes for one
    return read_strictly(mended, limits);
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
std::string write_canonical(Value const& value) { return write_as(value, true); }

error_code make_error_code(Errc code) {
    static RoomCategory const category("json", wording);
    return {static_cast<int>(code), category};
}

} // namespace darkroom::json
