#include "runner/export/split_rule.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <cctype>

namespace darkroom::exports {

namespace {

constexpr std::uint32_t whole = 1'000'000;

bool is_split_name(std::string_view name) {
    auto const is_letter = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), is_letter);
}

/// Reads "0.9", ".25", "1"; nothing for any other text.
std::optional<std::uint32_t> millionths_in(std::string_view text) {
    auto const point = text.find('.');
    auto const front = text.substr(0, point);
    auto back = point == text.npos ? std::string() : std::string(text.substr(point + 1));
    if (back.size() > 6 || (point != text.npos && back.empty())) return std::nullopt;
    if (!front.empty() && front != "0" && front != "1") return std::nullopt;
    if (front.empty() && back.empty()) return std::nullopt;
    back.append(6 - back.size(), '0');
    std::uint32_t value = front == "1" ? 1 : 0;
    for (auto const c : back) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return value;
}

} // namespace

std::optional<std::vector<Share>> parse_split(std::string_view text) {
    std::vector<Share> shares;
    std::uint64_t sum = 0;
    for (auto const part : split(text, ',')) {
        auto const equals = part.find('=');
        if (equals == part.npos) return std::nullopt;
        auto const name = trim(part.substr(0, equals));
        auto const share = millionths_in(trim(part.substr(equals + 1)));
        bool const is_new = std::none_of(shares.begin(), shares.end(),
                                         [name](auto const& other) { return other.name == name; });
        if (!is_split_name(name) || !is_new || !share || *share == 0) return std::nullopt;
        shares.push_back({std::string(name), *share});
        sum += *share;
    }
    if (sum != whole) return std::nullopt;
    return shares;
}

std::size_t split_of(Digest const& root, std::vector<Share> const& shares) {
    auto const hash = sha256("darkroom split 1\n" + to_hex(root));
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | hash[i];
    auto const place = number % whole;
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        end += shares[i].millionths;
        if (place < end) return i;
    }
    return shares.size() - 1;
}

} // namespace darkroom::exports
