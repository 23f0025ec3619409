// The choices of a run as a list: a line each, or a JSON object each.
#pragma once

#include "runner/report/pick_card.hpp"
#include "runner/report/pick_walk.hpp"

#include <string>

namespace darkroom::report {

PickCard card_of(PickChoice const& choice);
/// Returns "1a2b3c4d  cars/12  pick 1 of upscale1,upscale2  the prompt", printable.
std::string pick_line(PickCard const& card);
/// Returns the object of a line of `pick --list --json`. docs/cli.md has the keys.
json::Value to_json(PickCard const& card);

} // namespace darkroom::report
