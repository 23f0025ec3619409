#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom {

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    for (char const* unit : {"kB", "MB", "GB"}) {
        value /= 1000;
        if (value < 999.95) return fmt::format("{:.1f} {}", value, unit);
    }
    return fmt::format("{:.1f} TB", value / 1000);
}

std::string_view trim(std::string_view text) {
    auto const is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    std::size_t from = 0;
    auto end = text.size();
    while (from < end && is_blank(text[from])) ++from;
    while (from < end && is_blank(text[end - 1])) --end;
    return from == end ? std::string_view() : text.substr(from, end - from);
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0;;) {
        auto const at = text.find(separator, from);
        parts.push_back(text.substr(from, at - from));
        if (at == std::string_view::npos) return parts;
        from = at + 1;
    }
}

std::string join(std::span<std::string const> parts, std::string_view separator) {
    return fmt::format("{}", fmt::join(parts, separator));
}

std::string shell_word(std::string_view text) {
    auto const is_plain = [](char c) {
        bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') ||
               std::string_view("_-./:,+@%=").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string word = "'";
    for (auto const& c : text)
        word += c == '\'' ? std::string_view("'\\''") : std::string_view(&c, 1);
    return word + "'";
}

} // namespace darkroom
