// What an upstream account may do, as `--accounts` and PATCH give it.
#pragma once

#include "runner/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace darkroom::studio {

/// What one account can do.
struct AccountRule {
    std::string id;
    std::size_t slots = 3;                ///< Generations at once; at least 1.
    Duration interval = Duration::zero(); ///< Between two submissions.
    double speed = 1;                     ///< 2: twice as quick.
    std::uint64_t daily_cap = 0;          ///< Submissions in a day (UTC); 0: no end.
    bool banned = false;                  ///< Gets nothing new; what runs goes on.
};

} // namespace darkroom::studio
