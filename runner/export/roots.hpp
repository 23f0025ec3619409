// The first generation of each item: it stands for the item, whatever is exported. Pure.
#pragma once

#include "runner/engine/manifest_row.hpp"

#include <compare>
#include <cstdint>
#include <map>

namespace darkroom::exports {

/// An item of a job; `job` is any number that stands for its name.
struct ItemPlace {
    std::size_t source = 0;
    std::uint32_t job = 0;
    std::uint64_t item = 0;
    friend auto operator<=>(ItemPlace const&, ItemPlace const&) = default;
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
    std::map<ItemPlace, Root> roots_;
};

} // namespace darkroom::exports
