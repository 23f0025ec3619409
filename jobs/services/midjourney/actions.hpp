// The actions of the service: what offers each, what it makes, and its price class.
// Source: the service's action lists; for `square`, `redo_*` and `variation_region` its own web
// client; the others are endpoints of their own.
#pragma once

#include "jobs/services/service_model.hpp"

#include <array>

namespace darkroom::jobs::midjourney {

inline constexpr std::optional<ResultKind> any_image;

/// In the order in which the service lists them, the rarer ones after the published ones.
inline constexpr std::array<Action, 30> follow_ups{{
    {"upscale1", ResultKind::grid, ResultKind::single, "upscale", true},
    {"upscale2", ResultKind::grid, ResultKind::single, "upscale", true},
    {"upscale3", ResultKind::grid, ResultKind::single, "upscale", true},
    {"upscale4", ResultKind::grid, ResultKind::single, "upscale", true},
    {"reroll", ResultKind::grid, ResultKind::grid, "reroll", true},
    {"variation1", ResultKind::grid, ResultKind::grid, "variation", true},
    {"variation2", ResultKind::grid, ResultKind::grid, "variation", true},
    {"variation3", ResultKind::grid, ResultKind::grid, "variation", true},
    {"variation4", ResultKind::grid, ResultKind::grid, "variation", true},
    {"upscale_2x", ResultKind::single, ResultKind::single, "upscale", true},
    {"upscale_4x", ResultKind::single, ResultKind::single, "upscale", true},
    {"variation_subtle", ResultKind::single, ResultKind::grid, "variation", true},
    {"variation_strong", ResultKind::single, ResultKind::grid, "variation", true},
    {"zoom_out_2x", ResultKind::single, ResultKind::grid, "zoom", true},
    {"zoom_out_1_5x", ResultKind::single, ResultKind::grid, "zoom", true},
    {"pan_left", ResultKind::single, ResultKind::grid, "pan", true},
    {"pan_right", ResultKind::single, ResultKind::grid, "pan", true},
    {"pan_up", ResultKind::single, ResultKind::grid, "pan", true},
    {"pan_down", ResultKind::single, ResultKind::grid, "pan", true},
    {"upscale_subtle", ResultKind::single, ResultKind::single, "upscale", false},
    {"upscale_creative", ResultKind::single, ResultKind::single, "upscale", false},
    {"square", ResultKind::single, ResultKind::grid, "zoom", false},
    {"redo_upscale_2x", ResultKind::single, ResultKind::single, "upscale", false, "", "upscale_2x"},
    {"redo_upscale_4x", ResultKind::single, ResultKind::single, "upscale", false, "", "upscale_4x"},
    {"redo_upscale_subtle", ResultKind::single, ResultKind::single, "upscale", false, "",
     "upscale_subtle"},
    {"redo_upscale_creative", ResultKind::single, ResultKind::single, "upscale", false, "",
     "upscale_creative"},
    {"variation_region", any_image, ResultKind::grid, "variation", false, "mask"},
    {"describe", any_image, ResultKind::text, "describe", false},
    {"seed", any_image, ResultKind::text, "seed", false},
    {"video", any_image, ResultKind::video, "video", false},
}};

/// The actions that a job can begin with and no image offers.
inline constexpr std::array<Action, 4> first_actions{{
    {"generate", any_image, ResultKind::grid, "generate", false},
    {"edit", any_image, ResultKind::edited, "edit", false},
    {"shorten", any_image, ResultKind::text, "shorten", false},
    {"translate", any_image, ResultKind::text, "translate", false},
}};

/// Names in circulation that this service answers with an error; never worth a try.
inline constexpr std::array<Misnomer, 7> misnomers{{
    {"upsample1", "upscale1"},
    {"upsample2", "upscale2"},
    {"upsample3", "upscale3"},
    {"upsample4", "upscale4"},
    {"upscale", "upscale1 … upscale4, or upscale_2x"},
    {"variation", "variation1 … variation4, or variation_subtle"},
    {"blend", "'images' with two to five addresses in the job itself"},
}};

/// The single-image list has names like upscale_2x; `upscale*` is how the grid's are meant.
inline constexpr std::array<MisleadingGlob, 1> misleading_globs{{
    {"upscale*", ResultKind::single,
     "which gives a single image: name upscale_2x, or write 'upscale_*'"},
}};

} // namespace darkroom::jobs::midjourney
