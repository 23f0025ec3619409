// The images that a finished step brings. Pure.
#pragma once

#include "runner/engine/ports.hpp"

#include <vector>

namespace darkroom::engine {

/// Returns the orders of the images that an answer names: the whole one, and its tiles or further
/// videos, at most tiles_max() of them.
std::vector<ImageOrder> orders_of(Digest const& key, StepState const& state);
/// Returns the saved image of a tile; null when there is none.
SavedImage const* saved_as(StepState const& state, int tile);
/// Returns whether an answer names images that are refused. Version 0.1 took them all.
bool names_too_many(StepState const& state);

} // namespace darkroom::engine
