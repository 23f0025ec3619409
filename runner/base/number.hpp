// Numbers: reading them from text, and sums that cannot wrap around.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace darkroom {

/// Reads a text that is one whole number from its first to its last character: digits of `base`,
/// with a '-' before them if `Integer` is signed. Returns nothing for any other text and for
/// numbers that do not fit.
template <std::integral Integer>
std::optional<Integer> parse_whole(std::string_view text, int base = 10) {
    Integer value = 0;
    char const* const end = text.data() + text.size();
    auto const [stop, failure] = std::from_chars(text.data(), end, value, base);
    if (failure != std::errc() || stop != end) return std::nullopt;
    return value;
}

/// Reads a text that is one decimal number from its first to its last character, such as "-1.5" or
/// "2e3". Returns nothing for any other text and for numbers that are too large.
inline std::optional<double> parse_real(std::string_view text,
                                        std::chars_format form = std::chars_format::general) {
    double value = 0;
    char const* const end = text.data() + text.size();
    auto const [stop, failure] = std::from_chars(text.data(), end, value, form);
    if (failure != std::errc() || stop != end) return std::nullopt;
    return value;
}

/// Returns a + b, or the largest number when the sum does not fit: "too many to count".
constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return a > most - b ? most : a + b;
}

/// Returns a * b, or the largest number when the product does not fit.
constexpr std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return b != 0 && a > most / b ? most : a * b;
}

} // namespace darkroom
