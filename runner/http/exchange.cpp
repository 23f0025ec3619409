#include "runner/http/exchange.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace darkroom::http {

std::optional<std::string_view> find_header(Headers const& headers, std::string_view name) {
    auto const found = std::find_if(headers.begin(), headers.end(),
                                    [&](Header const& header) { return header.name == name; });
    if (found == headers.end()) return std::nullopt;
    return found->value;
}

std::string_view Request::header(std::string_view name) const {
    return find_header(headers, name).value_or(std::string_view());
}

std::optional<std::string_view> Request::argument(std::string_view name) const {
    for (auto const part : split(query, '&')) {
        auto const equals = part.find('=');
        if (part.substr(0, equals) != name) continue;
        return equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    }
    return std::nullopt;
}

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

RangeAnswer suffix_range(std::uint64_t count, std::uint64_t length) {
    if (count == 0 || length == 0) return {RangeAnswer::Kind::unsatisfiable, {}};
    return {RangeAnswer::Kind::part, {length - std::min(count, length), length - 1}};
}

} // namespace

RangeAnswer read_range(std::string_view header, std::uint64_t length) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit) || header.find(',') != std::string_view::npos) return {};
    auto const spec = trim(header.substr(unit.size()));
    auto const dash = spec.find('-');
    if (dash == std::string_view::npos) return {};
    auto const first = whole_number(spec.substr(0, dash));
    auto const last = whole_number(spec.substr(dash + 1));
    if (dash == 0) return last ? suffix_range(*last, length) : RangeAnswer{};
    bool const open_end = dash + 1 == spec.size();
    // A malformed range is ignored, as RFC 9110 §14.2 asks.
    if (!first || (!open_end && (!last || *last < *first))) return {};
    if (*first >= length) return {RangeAnswer::Kind::unsatisfiable, {}};
    auto const end = open_end ? length - 1 : std::min(*last, length - 1);
    return {RangeAnswer::Kind::part, {*first, end}};
}

} // namespace darkroom::http
