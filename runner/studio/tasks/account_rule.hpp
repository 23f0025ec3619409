// The limits of an upstream account, as `--accounts` and PATCH set them.
#pragma once

#include "runner/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace darkroom::studio {

/// The limits of one account.
struct AccountRule {
    std::string id;
    std::size_t slots = 3;                ///< Generations at once; at least 1.
    Duration interval = Duration::zero(); ///< Between two submissions.
    double speed = 1;                     ///< 2: twice as fast.
    std::uint64_t daily_cap = 0;          ///< Submissions in a day (UTC); 0: no limit.
    bool banned = false;                  ///< Gets no new tasks; running ones continue.
};

} // namespace darkroom::studio
