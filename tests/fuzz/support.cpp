#include "tests/fuzz/support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace darkroom::fuzz {

namespace {

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

} // namespace

void require(bool holds, std::string_view text) {
    if (holds) return;
    fmt::print(stderr, "does not hold: {}\n", text);
    std::abort();
}

std::string_view text_of(std::uint8_t const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

std::vector<std::string_view> cut(std::string_view text) {
    std::vector<std::string_view> pieces;
    for (auto dice = hash_of(text) | 1; !text.empty();) {
        dice ^= dice << 13; // xorshift
        dice ^= dice >> 7;
        dice ^= dice << 17;
        // Mostly short pieces: these end inside numbers and line ends.
        auto const longest = (dice & 3) != 0 ? 5u : 200u;
        auto const size = std::min<std::size_t>(text.size(), 1 + (dice >> 2) % longest);
        pieces.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return pieces;
}

std::vector<std::string_view> cut_everywhere(std::string_view text) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < text.size(); ++at) pieces.push_back(text.substr(at, 1));
    return pieces;
}

std::string shown(Error const& error) {
    if (!error.code) return {};
    return fmt::format("{}:{}: {}", error.code.category().name(), error.code.value(), error.detail);
}

} // namespace darkroom::fuzz
