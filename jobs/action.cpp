#include "jobs/action.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

constexpr auto grid = ImageKind::grid;
constexpr auto single = ImageKind::single;
constexpr std::optional<ImageKind> any;

/// In the order in which the service lists them, the rarer ones after the published ones.
constexpr std::array<Action, 27> follow_ups{{
    {"upscale1", grid, single, "upscale", true},
    {"upscale2", grid, single, "upscale", true},
    {"upscale3", grid, single, "upscale", true},
    {"upscale4", grid, single, "upscale", true},
    {"reroll", grid, grid, "reroll", true},
    {"variation1", grid, grid, "variation", true},
    {"variation2", grid, grid, "variation", true},
    {"variation3", grid, grid, "variation", true},
    {"variation4", grid, grid, "variation", true},
    {"upscale_2x", single, single, "upscale", true},
    {"upscale_4x", single, single, "upscale", true},
    {"variation_subtle", single, grid, "variation", true},
    {"variation_strong", single, grid, "variation", true},
    {"zoom_out_2x", single, grid, "zoom", true},
    {"zoom_out_1_5x", single, grid, "zoom", true},
    {"pan_left", single, grid, "pan", true},
    {"pan_right", single, grid, "pan", true},
    {"pan_up", single, grid, "pan", true},
    {"pan_down", single, grid, "pan", true},
    {"upscale_subtle", single, single, "upscale", false},
    {"upscale_creative", single, single, "upscale", false},
    {"square", single, grid, "zoom", false},
    {"redo_upscale_2x", single, single, "upscale", false},
    {"redo_upscale_4x", single, single, "upscale", false},
    {"redo_upscale_subtle", single, single, "upscale", false},
    {"redo_upscale_creative", single, single, "upscale", false},
    {"variation_region", any, grid, "variation", false},
}};
constexpr Action generation{"generate", any, grid, "generate", false};

} // namespace

std::span<Action const> known_actions() { return follow_ups; }

Action const* find_action(std::string_view name) {
    if (name == generation.name) return &generation;
    auto const found = std::find_if(follow_ups.begin(), follow_ups.end(),
                                    [name](Action const& action) { return action.name == name; });
    return found == follow_ups.end() ? nullptr : &*found;
}

bool can_offer(ImageKind kind, std::string_view action) {
    auto const* known = find_action(action);
    if (known == &generation) return false;
    return !known || !known->parent || *known->parent == kind;
}

ImageKind made_by(std::string_view action) {
    auto const* known = find_action(action);
    return known ? known->makes : ImageKind::single;
}

bool is_glob(std::string_view name) { return name.find('*') != std::string_view::npos; }

std::vector<std::string_view> matching_actions(std::string_view pattern, ImageKind kind) {
    std::vector<std::string_view> found;
    for (auto const& action : follow_ups) {
        // What every image takes needs more than a name (a mask): a glob can't supply it.
        if (is_glob(pattern) && !action.parent) continue;
        if (can_offer(kind, action.name) && glob_match(pattern, action.name))
            found.push_back(action.name);
    }
    return found;
}

} // namespace darkroom::jobs
