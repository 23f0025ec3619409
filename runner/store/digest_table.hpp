// Rows by the digest of their step, in little memory.
#pragma once

#include "runner/base/sha256.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <endian.h>
#include <vector>

namespace darkroom::store {

/// Takes 16 bytes a row, and those of Value. Digests are spread so evenly that few of a million
/// share their first two bytes; a binary search over all keys would miss the cache twenty times.
template <class Value>
class DigestTable {
public:
    void reserve(std::size_t rows) { rows_.reserve(rows); }
    /// Adds a row; their digests ascend.
    void add(Digest const& digest, Value value) {
        while (begun_ <= start_of(digest))
            starts_[begun_++] = static_cast<std::uint32_t>(rows_.size());
        rows_.push_back({key_of(digest), value});
    }
    std::size_t size() const { return rows_.size(); }

    /// Returns the value of a digest; null without one. Valid until the next add().
    Value* find(Digest const& digest) {
        auto const key = key_of(digest);
        auto const first = rows_.begin() + row_at(start_of(digest));
        auto const last = rows_.begin() + row_at(start_of(digest) + 1);
        auto const found =
            std::lower_bound(first, last, key, [](Row const& row, Key const& sought) {
                return is_before(row.key, sought);
            });
        return found != last && found->key == key ? &found->value : nullptr;
    }
    Value const* find(Digest const& digest) const {
        return const_cast<DigestTable*>(this)->find(digest);
    }

private:
    // Enough of a digest that no two steps share it: a step mistaken for another would be lost.
    using Key = std::array<std::uint8_t, 16>;
    struct Row {
        Key key;
        [[no_unique_address]] Value value;
    };

    static Key key_of(Digest const& digest) {
        Key key{};
        std::copy_n(digest.begin(), key.size(), key.begin());
        return key;
    }
    /// Compares words: std::array would call memcmp() for each pair.
    static bool is_before(Key const& a, Key const& b) {
        auto const word_at = [](Key const& key, std::size_t at) {
            std::uint64_t word = 0;
            std::memcpy(&word, key.data() + at, sizeof word);
            return be64toh(word);
        };
        auto const of_a = word_at(a, 0);
        auto const of_b = word_at(b, 0);
        return of_a != of_b ? of_a < of_b : word_at(a, 8) < word_at(b, 8);
    }
    /// Returns the first two bytes as a number.
    static std::size_t start_of(Digest const& digest) {
        return std::size_t{digest[0]} << 8 | digest[1];
    }
    std::ptrdiff_t row_at(std::size_t start) const {
        return static_cast<std::ptrdiff_t>(start < begun_ ? starts_[start] : rows_.size());
    }

    std::vector<Row> rows_; ///< Their keys ascend.
    /// Index of the first row whose key begins with these two bytes, or with later ones; known as
    /// far as rows were added.
    std::vector<std::uint32_t> starts_ = std::vector<std::uint32_t>(1u << 16);
    std::size_t begun_ = 0;
};

} // namespace darkroom::store
