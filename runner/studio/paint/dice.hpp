// Random numbers that can be repeated: the same seed gives the same numbers on every machine.
#pragma once

#include "runner/base/split_mix.hpp"

namespace darkroom::studio {

/// Chooses the scenes and colours of a picture.
class Dice : public SplitMix64 {
public:
    using SplitMix64::SplitMix64;

    /// Returns 0 <= x < 1.
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    double between(double low, double high) { return low + (high - low) * unit(); }
    /// Returns a number on either side of zero, never near it: |x| from half of `reach` to all of
    /// it.
    double away(double reach) {
        double const amount = between(0.5 * reach, reach);
        return (next() & 1) != 0 ? amount : -amount;
    }
};

/// Makes one seed of two; the order matters.
inline std::uint64_t mix_seeds(std::uint64_t first, std::uint64_t second) {
    return Dice(Dice(first).next() ^ (second * 0xd6e8feb86659fd93u)).next();
}

} // namespace darkroom::studio
