// Used by generate() and follow(), which both begin pictures from a prompt.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <cstdint>
#include <vector>

namespace darkroom::studio {

/// Returns four candidates for a prompt; of several scenes tried, those with the most detail.
std::vector<Scene> make_candidates(Origin const& origin, Aspect aspect, std::uint64_t seed);

} // namespace darkroom::studio
