// Ids of tasks, traces and images.
#pragma once

#include "runner/base/clock.hpp"

#include <cstdint>
#include <random>
#include <string>

namespace darkroom::studio {

class Ids {
public:
    /// The same seed gives the same ids in the same order (image ids also depend on the time).
    explicit Ids(std::uint64_t seed);

    /// Returns an id of a task or a trace: a version 4 UUID.
    std::string uuid();
    /// Returns a snowflake, 19 decimal digits as at the real service: more than a double can hold.
    std::string image_id(WallTime now);

private:
    std::mt19937_64 random_;
    std::uint64_t last_ = 0;
};

} // namespace darkroom::studio
