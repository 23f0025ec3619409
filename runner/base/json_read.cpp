#include "runner/base/json.hpp"
#include "runner/base/number.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <stdexcept>

#define RAPIDJSON_ASSERT(x)                                                                        \
    if (!(x)) throw std::logic_error("rapidjson: " #x)
#define RAPIDJSON_NOEXCEPT_ASSERT(x) static_cast<void>(x)
// The reader takes 16 bytes at a time where it can. The writer does not: it would leave some
// control characters unescaped then.
#ifdef __SSE2__
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#undef RAPIDJSON_SSE2
#undef RAPIDJSON_SIMD

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <numeric>

namespace darkroom::json {

namespace {

/// Returns whether an object is so small that comparing all pairs of its keys is the quickest, and
/// has no two equal ones.
bool is_small_without_equals(Object const& members) {
    constexpr std::size_t small = 32;
    if (members.size() > small) return false;
    for (auto at = members.begin(); at != members.end(); ++at) {
        auto const& key = at->first;
        if (std::any_of(members.begin(), at, [&key](auto const& m) { return m.first == key; }))
            return false;
    }
    return true;
}

/// Makes keys unique: the first of equal members gets the value of the last. Sorts, since a
/// hostile object has a million keys.
void keep_last_of_equals(Object& members) {
    if (is_small_without_equals(members)) return;
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

/// Makes a Value from RapidJSON's events. Returning false stops the reader. What is open keeps its
/// parts on two stacks, so that each array and object is made at once and in its size.
class Builder {
public:
    /// `may_have_halves`: a string may hold the escape of half a surrogate pair.
    Builder(ReadLimits limits, bool may_have_halves)
        : limits_(limits), may_have_halves_(may_have_halves) {
        // Room for a usual answer of the service: growing step by step costs more than reading.
        open_.reserve(8);
        members_.reserve(16);
    }

    // NOLINTBEGIN(readability-identifier-naming): the names are RapidJSON's
    bool Null() { return add(Value()); }
    bool Bool(bool value) { return add(Value(value)); }
    bool RawNumber(char const* text, rapidjson::SizeType size, bool) {
        return add(Value(Number{std::string(text, size)}));
    }
    bool String(char const* text, rapidjson::SizeType size, bool) {
        return is_whole(text, size) && add(Value(std::string(text, size)));
    }
    bool StartObject() { return open(true); }
    bool StartArray() { return open(false); }
    bool EndObject(rapidjson::SizeType) {
        auto members = taken(members_);
        keep_last_of_equals(members);
        return add(Value(std::move(members)));
    }
    bool EndArray(rapidjson::SizeType) { return add(Value(taken(items_))); }
    bool Key(char const* text, rapidjson::SizeType size, bool) {
        members_.emplace_back(std::string(text, size), Value());
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
        bool is_object = false;
        std::size_t first = 0; ///< Where its parts begin on the stack.
    };

    bool open(bool is_object) {
        if (open_.size() >= limits_.depth)
            return refuse(Errc::too_deep, fmt::format("more than {} levels", limits_.depth));
        open_.push_back({is_object, is_object ? members_.size() : items_.size()});
        return true;
    }

    /// Closes what is open, and returns its parts.
    template <class Parts>
    Parts taken(Parts& stack) {
        auto const first = stack.begin() + static_cast<std::ptrdiff_t>(open_.back().first);
        Parts parts(std::make_move_iterator(first), std::make_move_iterator(stack.end()));
        stack.erase(first, stack.end());
        open_.pop_back();
        return parts;
    }

    bool add(Value value) {
        if (++values_ > limits_.values)
            return refuse(Errc::too_large, fmt::format("more than {} values", limits_.values));
        if (open_.empty())
            root_ = std::move(value);
        else if (open_.back().is_object)
            members_.back().second = std::move(value);
        else
            items_.push_back(std::move(value));
        return true;
    }

    /// Checks for the escape of half a surrogate pair, which RapidJSON lets through.
    bool is_whole(char const* text, std::size_t size) {
        if (!may_have_halves_ || is_valid_utf8({text, size})) return true;
        return refuse(Errc::malformed, "a string holds half a surrogate pair");
    }

    bool refuse(Errc code, std::string detail) {
        refusal_ = Error(code, std::move(detail));
        return false;
    }

    ReadLimits limits_;
    bool may_have_halves_;
    std::size_t values_ = 0;
    Error refusal_;
    std::vector<Open> open_;
    Object members_; ///< All open objects'. The last one's value may not be read yet.
    Array items_;    ///< All open arrays'.
    Value root_;
};

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

bool may_have_halves(std::string_view text) {
    return text.find("\\ud") != text.npos || text.find("\\uD") != text.npos;
}

/// Returns whether a text has one of the control characters that the reader overlooks in blocks.
bool has_overlooked(std::string_view text) {
    constexpr std::uint64_t each = 0x0101010101010101;
    auto const is_overlooked = [](char c) { return c >= 0x1A && c < 0x20; };
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        bool const has_control = ((word - each * 0x20) & ~word & each * 0x80) != 0;
        auto const part = text.substr(at, sizeof word);
        if (has_control && std::any_of(part.begin(), part.end(), is_overlooked)) return true;
    }
    return std::any_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_overlooked);
}

enum class Encoding { is_utf8, unknown };

/// Returns whether the reader need not look at each character: the text is UTF-8 without a byte
/// order mark, and has no control character that would be overlooked.
bool is_plain(std::string_view text, Encoding encoding) {
    return !has_overlooked(text) && !text.starts_with(byte_order_mark) &&
           (encoding == Encoding::is_utf8 || is_valid_utf8(text));
}

constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

rapidjson::ParseResult parse_plain(std::string_view text, Builder& builder) {
    constexpr std::size_t block = 16; ///< It reads whole ones, to beyond the end.
    std::string padded;
    padded.reserve(text.size() + block);
    padded.append(text).append(block, '\0');
    rapidjson::StringStream stream(padded.c_str());
    return rapidjson::Reader().Parse<flags>(stream, builder);
}

rapidjson::ParseResult parse_checked(std::string_view text, Builder& builder) {
    text = without_byte_order_mark(text); // RapidJSON's stream takes half of one away, too
    rapidjson::MemoryStream stream(text.data(), text.size());
    constexpr unsigned checks = flags | rapidjson::kParseValidateEncodingFlag;
    return rapidjson::Reader().Parse<checks>(stream, builder);
}

Result<Value> read_strictly(std::string_view text, ReadLimits limits, Encoding encoding) {
    if (text.size() > limits.bytes)
        return Error(Errc::too_large, fmt::format("{} bytes, limit {}", text.size(), limits.bytes));
    // RapidJSON takes a NUL for the end of the text: whatever follows it would be ignored.
    if (auto const nul = text.find('\0'); nul != std::string_view::npos)
        return Error(Errc::malformed, fmt::format("at byte {}: a NUL byte", nul));
    Builder builder(limits, may_have_halves(text));
    auto const parsed =
        is_plain(text, encoding) ? parse_plain(text, builder) : parse_checked(text, builder);
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
    if (!limits.mend_text || text.size() > limits.bytes)
        return read_strictly(text, limits, Encoding::unknown);
    auto value = is_valid_utf8(text) ? read_strictly(text, limits, Encoding::is_utf8)
                                     : Error(Errc::malformed, "no UTF-8");
    bool const broken = value.has_error() && value.error().code == Errc::malformed;
    if (!broken) return value;
    auto const mended = with_whole_pairs(mended_utf8(text));
    limits.bytes = std::max(limits.bytes, mended.size()); // U+FFFD takes up to three bytes for one
    return read_strictly(mended, limits, Encoding::is_utf8);
}

} // namespace darkroom::json
