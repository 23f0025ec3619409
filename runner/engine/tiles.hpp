// The further images of an answer: the tiles of a grid, or the videos after the first. Pure.
#pragma once

#include "runner/engine/event.hpp"

namespace darkroom::engine {

/// Returns how many further images an answer may have: more are refused.
int tiles_max(StepInfo const& info);
/// Returns how many tiles the request has asked for: 4, or 0 when it did not, or when its result is
/// no grid.
int tiles_asked(StepInfo const& info, Answer const& answer);
/// Gives each tile that was asked for a link, "" where the answer has none, and cuts the links off
/// that are more than one too many: one is left to tell of them.
void complete_tiles(StepInfo const& info, Answer& answer);
/// Returns whether an answer names any further image.
bool has_tiles(Answer const& answer);

} // namespace darkroom::engine
