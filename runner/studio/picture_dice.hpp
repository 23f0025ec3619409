// Chance that can be repeated: the same seed throws the same numbers on every machine.
#pragma once

#include <cstdint>

namespace darkroom::studio {

/// SplitMix64: tiny, well mixed from the first throw, and not the standard library's, whose
/// distributions differ from one implementation to the next.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }
    /// 0 <= x < 1.
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    double between(double low, double high) { return low + (high - low) * unit(); }
    /// Either side of zero, never near it: |x| from half of `reach` to all of it.
    double away(double reach) {
        double const amount = between(0.5 * reach, reach);
        return (next() & 1) != 0 ? amount : -amount;
    }

private:
    std::uint64_t state_;
};

/// One seed from two, order matters.
inline std::uint64_t mix_seeds(std::uint64_t first, std::uint64_t second) {
    return Dice(Dice(first).next() ^ (second * 0xd6e8feb86659fd93u)).next();
}

} // namespace darkroom::studio
