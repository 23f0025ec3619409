// Which run directories `darkroom clean` leaves alone because they are recent. Pure.
#pragma once

#include "runner/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

/// The wishes --keep and --keep-last. Without any, nothing is kept.
struct KeepRule {
    std::optional<Duration> age;       ///< Keeps what has ended less than that ago.
    std::optional<std::uint64_t> last; ///< Keeps that many of those that have ended last.
};

/// Reads "12h", "14d" or "2w", and all that parse_duration() reads.
std::optional<Duration> parse_age(std::string_view text);

/// Returns for each directory, by the time at which its last run has ended, why it is kept; "" for
/// one that is not. Of those that ended at the same time, the one that comes later is the newer.
std::vector<std::string> reasons_to_keep(std::vector<WallTime> const& ended, KeepRule const& rule,
                                         WallTime now);

} // namespace darkroom::cli
