// All chance of a simulated world comes from its seed.
#pragma once

#include "runner/base/clock.hpp"

#include <cstdint>
#include <random>

namespace darkroom::simulation {

class Chance {
public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}
    /// Returns true in `percent` of a hundred cases.
    bool of(int percent) { return static_cast<int>(random_() % 100) < percent; }
    /// Returns a number from `low` to `high`, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        auto const width = static_cast<std::uint64_t>(high - low + 1);
        return low + static_cast<std::int64_t>(random_() % width);
    }
    Duration time(Duration low, Duration high) {
        return Duration(between(low.count(), high.count()));
    }
    std::uint64_t seed() { return random_(); }

private:
    std::mt19937_64 random_;
};

/// The power of the simulated machine; once it is gone, its ports do nothing any more.
struct Power {
    bool on = true;
};

} // namespace darkroom::simulation
