// Money in whole numbers.
#pragma once

#include <cstdint>

namespace darkroom::jobs {

/// Money in millionths of `Prices::currency`, so that sums are exact.
using Micros = std::int64_t;

} // namespace darkroom::jobs
