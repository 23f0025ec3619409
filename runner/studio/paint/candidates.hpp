// Between generate() and follow(): both begin pictures from a prompt.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <cstdint>
#include <vector>

namespace darkroom::studio {

/// Four candidates for a prompt; of several places tried, the ones with most to see.
std::vector<Scene> make_candidates(Origin const& origin, Aspect aspect, std::uint64_t seed);

} // namespace darkroom::studio
