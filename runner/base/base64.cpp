#include "runner/base/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace darkroom {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        auto const have = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= have ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    auto const padding = text.size() - std::min(text.find_last_not_of('=') + 1, text.size());
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size() - padding; ++i) {
        auto const digit = alphabet.find(text[i]);
        if (digit == alphabet.npos) return std::nullopt;
        group = group << 6 | static_cast<std::uint32_t>(digit);
        if (i % 4 > 0) out += static_cast<char>(group >> (6 - 2 * (i % 4)) & 0xff);
    }
    // Whatever a writer would have written otherwise (digits too few, bits left over) is no base64.
    return to_base64(out) == text ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace darkroom
