// New picks, checked against what there is to pick.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/cli/pick_walk.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// What somebody wants to be picked for one image.
struct PickWish {
    std::string image; ///< The name of its step, or its key or the first digits of it.
    std::vector<std::string> actions; ///< None: what was picked is taken back.
};

/// "cars/0=upscale1,upscale3". Throws Quit(usage).
PickWish wish_of(std::string const& set);

/// `picks` with the wishes in it; all of them, or none. Of an image with several picks only those
/// change that a wish names an action of. Throws Quit(`refusal`): an image that is not known or
/// not the only one, an action that is not to be picked there, too many or too few.
jobs::Picks with_wishes(Job const& job, std::string const& directory, jobs::Picks picks,
                        std::vector<PickWish> const& wishes, ExitCode refusal);

} // namespace darkroom::cli
