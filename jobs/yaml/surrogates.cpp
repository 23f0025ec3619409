#include "jobs/yaml/surrogates.hpp"

#include "runner/base/number.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace darkroom::jobs {

namespace {

constexpr std::string_view mark = "\xC2\x91"; // U+0091, for private use and without a meaning
constexpr std::string_view escape = "\\u";
constexpr std::size_t half = 6; // as in \ud83d
static_assert(mark.size() == escape.size());

/// Returns the four digits of the half that begins at `at`, for any form of its `\u`.
std::optional<std::uint32_t> digits(std::string_view text, std::size_t at) {
    auto const written = text.substr(std::min(at + escape.size(), text.size()), 4);
    return written.size() < 4 ? std::nullopt : parse_whole<std::uint32_t>(written, 16);
}

/// The character of the pair that begins at `at`, if one does.
std::optional<std::uint32_t> pair_at(std::string_view text, std::size_t at, std::string_view sign) {
    if (!text.substr(at).starts_with(sign)) return std::nullopt;
    if (!text.substr(std::min(at + half, text.size())).starts_with(sign)) return std::nullopt;
    auto const high = digits(text, at), low = digits(text, at + half);
    bool const fits = high && low && *high >> 10 == 0xD800 >> 10 && *low >> 10 == 0xDC00 >> 10;
    if (!fits) return std::nullopt;
    return 0x10000 + ((*high & 0x3FF) << 10) + (*low & 0x3FF);
}

std::string utf8_of(std::uint32_t code) { // beyond 16 bits: always four bytes
    std::string out;
    out += static_cast<char>(0xF0 | code >> 18);
    for (int const shift : {12, 6, 0}) out += static_cast<char>(0x80 | (code >> shift & 0x3F));
    return out;
}

} // namespace

std::string with_pairs_marked(std::string_view text) {
    std::string marked(text);
    if (text.find(mark) != text.npos) return marked; // the mark would be ambiguous
    for (auto at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
        bool const is_pair = pair_at(text, at, escape).has_value();
        if (is_pair) {
            marked.replace(at, mark.size(), mark);
            marked.replace(at + half, mark.size(), mark);
        }
        at += is_pair ? 2 * half : 2; // a backslash behind a backslash begins no escape
    }
    return marked;
}

std::string with_pairs_read(std::string_view value, bool has_escapes) {
    std::string out;
    for (;;) {
        auto const at = std::min(value.find(mark), value.size());
        out += value.substr(0, at);
        if (at == value.size()) return out;
        auto const code = has_escapes ? pair_at(value, at, mark) : std::nullopt;
        out += code ? utf8_of(*code) : std::string(has_escapes ? mark : escape);
        value.remove_prefix(at + (code ? 2 * half : mark.size()));
    }
}

} // namespace darkroom::jobs
