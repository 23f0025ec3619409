// The first generation of each item: it stands for the item, whatever is exported. Pure.
#pragma once

#include "runner/base/quick_hash.hpp"
#include "runner/engine/manifest_row.hpp"

#include <cstdint>
#include <unordered_map>

namespace darkroom::exports {

/// An item of a job; `job` is any number that stands for its name.
struct ItemPlace {
    std::size_t source = 0;
    std::uint32_t job = 0;
    std::uint64_t item = 0;
    friend bool operator==(ItemPlace const&, ItemPlace const&) = default;
};

class Roots {
public:
    /// Takes note of each row, also of those that are not exported.
    void note(ItemPlace const& place, engine::ManifestRow const& row);
    /// Returns the key of the item's first generation, of its first repeat; `other` where no row
    /// has it.
    Digest find(ItemPlace const& place, Digest const& other) const;

private:
    struct Root {
        int repeat = 0;
        Digest key{};
    };
    struct Hash {
        std::size_t operator()(ItemPlace const& place) const {
            return quick_hash({}, place.item ^ (std::uint64_t{place.job} << 32) ^
                                      (std::uint64_t{place.source} << 48));
        }
    };
    std::unordered_map<ItemPlace, Root, Hash> roots_;
};

} // namespace darkroom::exports
