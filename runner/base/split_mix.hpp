// Random numbers that are the same on every machine.
#pragma once

#include <cstdint>

namespace darkroom {

/// SplitMix64 (Steele, Lea, Flood 2014): tiny, and well mixed from the first number. Its numbers
/// are part of the meaning of a job file or a seed, so it must never change; the standard's
/// distributions differ by library.
class SplitMix64 {
public:
    explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }

private:
    std::uint64_t state_;
};

} // namespace darkroom
