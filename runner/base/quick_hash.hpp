// A hash for tables in memory: quick, without any secret. What is kept may be compared
// with it, but not found by it: it may become another one.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace darkroom {

/// Multiplies to 128 bits and folds these to 64.
inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    auto const product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Different texts, or seeds, share a hash about once in 2^64 pairs.
inline std::uint64_t quick_hash(std::string_view bytes, std::uint64_t seed) {
    constexpr std::uint64_t first = 0xA0761D6478BD642F; // odd, with as many ones as zeros
    constexpr std::uint64_t second = 0xE7037ED1A0B428DB;
    auto const size = bytes.size();
    auto hash = fold_product(seed ^ first, size ^ second);
    auto const word_at = [](char const* at) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        return word;
    };
    auto const* at = bytes.data();
    auto left = size;
    for (; left > 16; left -= 16, at += 16)
        hash = fold_product(word_at(at) ^ first, word_at(at + 8) ^ hash);
    char rest[16] = {};
    if (left > 0) std::memcpy(rest, at, left);
    hash = fold_product(word_at(rest) ^ second, word_at(rest + 8) ^ hash);
    return fold_product(hash ^ first, size ^ second);
}

} // namespace darkroom
