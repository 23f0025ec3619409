// Randomness with a seed, for waits that must not all end at once.
#pragma once

#include <cstdint>
#include <random>

namespace darkroom::engine {

class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : random_(seed) {}
    /// Returns a number in [0, 1).
    double next() { return std::generate_canonical<double, 53>(random_); }

private:
    std::mt19937_64 random_;
};

} // namespace darkroom::engine
