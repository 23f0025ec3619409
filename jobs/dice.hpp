// Chance that falls the same on every machine.
#pragma once

#include <cstdint>

namespace darkroom::jobs {

/// SplitMix64 (Steele, Lea, Flood 2014). A sample's numbers are part of what a job file means, so
/// neither they nor below() may ever change; the standard's distributions differ by library.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15u;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

    /// A number from 0 to `end` - 1, all equally likely; `end` > 0. The topmost numbers, which do
    /// not fill a whole multiple of `end`, are passed over.
    std::uint64_t below(std::uint64_t end) {
        auto const topmost = (UINT64_MAX % end + 1) % end; // 2^64 modulo `end`
        auto number = next();
        while (number > UINT64_MAX - topmost) number = next();
        return number % end;
    }

private:
    std::uint64_t state_;
};

} // namespace darkroom::jobs
