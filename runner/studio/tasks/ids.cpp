#include "runner/studio/tasks/ids.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

Ids::Ids(std::uint64_t seed) : random_(seed) {}

std::string Ids::uuid() {
    std::uint64_t const high = (random_() & ~0xf000ULL) | 0x4000ULL;
    std::uint64_t const low = (random_() >> 2) | (1ULL << 63);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                       high & 0xffff, low >> 48, low & 0xffffffffffffULL);
}

std::string Ids::image_id(WallTime now) {
    constexpr std::int64_t epoch = 1420070400000; // 2015, as snowflakes count
    auto const since = std::max<std::int64_t>(now.time_since_epoch().count() - epoch, 0);
    // 22 low bits are free within a millisecond; the clock may also stand still or step back.
    last_ = std::max((static_cast<std::uint64_t>(since) << 22) | (random_() & 0xfff), last_ + 1);
    return fmt::format("{:019}", last_);
}

} // namespace darkroom::studio
