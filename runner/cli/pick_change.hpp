// New picks, checked against the choices of a run.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/cli/job_walk.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// The actions that a person picks for one image.
struct PickWish {
    /// The name of its step, or its key or the first digits of it. With `*`, for any characters,
    /// all images with such names.
    std::string image;
    std::vector<std::string> actions; ///< Empty: the picks of the image are removed.
};

/// "cars/0=upscale1,upscale3". Throws Quit(usage).
PickWish wish_of(std::string const& set);

struct ChangedPicks {
    jobs::Picks picks;
    std::size_t images = 0; ///< Those that a wish was applied to.
};

/// Returns `picks` with all wishes applied. Where an image has several picks, only those change of
/// which a wish names an action. A wish with `*` leaves out images for which its actions cannot be
/// picked. Throws Quit(`refusal`): an image that is unknown or ambiguous, an action that cannot be
/// picked there, too many or too few.
ChangedPicks with_wishes(Job const& job, std::string const& directory, jobs::Picks picks,
                         std::vector<PickWish> const& wishes, ExitCode refusal);

} // namespace darkroom::cli
