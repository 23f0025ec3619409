#include "jobs/services/midjourney/action.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

constexpr auto grid = ResultKind::grid;
constexpr auto single = ResultKind::single;
constexpr auto edited = ResultKind::edited;
constexpr auto video = ResultKind::video;
constexpr auto text = ResultKind::text;
constexpr std::optional<ResultKind> any;

/// In the order in which the service lists them, the rarer ones after the published ones.
constexpr std::array<Action, 30> follow_ups{{
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
    {"describe", any, text, "describe", false},
    {"seed", any, text, "seed", false},
    {"video", any, video, "video", false},
}};
constexpr std::array<Action, 4> firsts{{
    {"generate", any, grid, "generate", false},
    {"edit", any, edited, "edit", false},
    {"shorten", any, text, "shorten", false},
    {"translate", any, text, "translate", false},
}};

Action const* find_in(std::span<Action const> actions, std::string_view name) {
    auto const found = std::find_if(actions.begin(), actions.end(),
                                    [name](Action const& action) { return action.name == name; });
    return found == actions.end() ? nullptr : &*found;
}

} // namespace

bool is_image(ResultKind kind) { return kind != video && kind != text; }

std::span<Action const> known_actions() { return follow_ups; }

std::span<Action const> first_actions() { return firsts; }

Action const* find_action(std::string_view name) {
    auto const* const first = find_in(firsts, name);
    return first != nullptr ? first : find_in(follow_ups, name);
}

bool can_offer(ResultKind kind, std::string_view action) {
    if (!is_image(kind) || find_in(firsts, action)) return false;
    auto const* known = find_in(follow_ups, action);
    return !known || !known->parent || *known->parent == kind;
}

bool is_taken_by_any(std::string_view action) {
    auto const* known = find_in(follow_ups, action);
    return known && !known->parent;
}

ResultKind made_by(std::string_view action) {
    auto const* known = find_action(action);
    return known ? known->makes : ResultKind::single;
}

bool is_glob(std::string_view name) { return name.find('*') != std::string_view::npos; }

std::vector<std::string_view> matching_actions(std::string_view pattern, ResultKind kind) {
    std::vector<std::string_view> found;
    for (auto const& action : follow_ups) {
        if (is_glob(pattern) && !action.parent) continue;
        if (can_offer(kind, action.name) && glob_match(pattern, action.name))
            found.push_back(action.name);
    }
    return found;
}

} // namespace darkroom::jobs
