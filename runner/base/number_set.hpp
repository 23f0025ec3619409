// A set of numbers in one block of memory: of a million it takes 16 MB, and no time for nodes.
#pragma once

#include "runner/base/split_mix.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace darkroom {

class NumberSet {
public:
    explicit NumberSet(std::size_t expected = 0) {
        auto size = slots_.size();
        while (size < 2 * expected) size *= 2;
        slots_.assign(size, nothing);
    }

    /// Returns false when the number is already in the set.
    bool insert(std::uint64_t number) {
        if (number == nothing) return !std::exchange(has_nothing_, true);
        auto& slot = slots_[slot_of(number)];
        if (slot == number) return false;
        slot = number;
        if (2 * ++count_ > slots_.size()) grow();
        return true;
    }

    bool contains(std::uint64_t number) const {
        return number == nothing ? has_nothing_ : slots_[slot_of(number)] == number;
    }

    bool empty() const { return count_ == 0 && !has_nothing_; }

private:
    static constexpr auto nothing = UINT64_MAX; ///< Marks a free slot.

    /// Returns the slot that has the number, or the free one for it.
    std::size_t slot_of(std::uint64_t number) const {
        auto const mask = slots_.size() - 1;
        auto slot = static_cast<std::size_t>(SplitMix64(number).next()) & mask;
        while (slots_[slot] != number && slots_[slot] != nothing) slot = (slot + 1) & mask;
        return slot;
    }

    void grow() {
        std::vector<std::uint64_t> old(2 * slots_.size(), nothing);
        old.swap(slots_);
        for (auto const number : old) {
            if (number != nothing) slots_[slot_of(number)] = number;
        }
    }

    std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(16, nothing);
    std::size_t count_ = 0;
    bool has_nothing_ = false;
};

} // namespace darkroom
