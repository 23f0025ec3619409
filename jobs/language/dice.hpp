// Random draws that are the same on every machine.
#pragma once

#include "runner/base/split_mix.hpp"

namespace darkroom::jobs {

/// Draws the numbers of a sample. below() may never change, for the same reason as next().
class Dice : public SplitMix64 {
public:
    using SplitMix64::SplitMix64;

    /// Returns a number from 0 to `end` - 1, all equally likely; `end` > 0. It skips the topmost
    /// numbers, which do not fill a whole multiple of `end`.
    std::uint64_t below(std::uint64_t end) {
        auto const topmost = (UINT64_MAX % end + 1) % end; // 2^64 modulo `end`
        auto number = next();
        while (number > UINT64_MAX - topmost) number = next();
        return number % end;
    }
};

} // namespace darkroom::jobs
