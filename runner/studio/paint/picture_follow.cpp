// The result of each action on a picture. The table has one row for each action.
#include "runner/base/text.hpp"
#include "runner/studio/paint/candidates.hpp"
#include "runner/studio/paint/dice.hpp"
#include "runner/studio/paint/picture.hpp"
#include "runner/studio/paint/picture_prompt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace darkroom::studio {

namespace {

constexpr std::uint64_t reroll_mark = 0x7265726f6c6c; // makes reroll differ for any seed

/// Amounts of variation, smallest first.
struct Deviation {
    double c = 0;     ///< For the formula's constant.
    double tint = 0;  ///< Share of the whole palette.
    double shift = 0; ///< Share of the window's side.
};
constexpr Deviation polish{0.0004, 0, 0};
constexpr Deviation invent{0.004, 0.01, 0};
constexpr Deviation subtle{0.006, 0.02, 0.02};
constexpr Deviation ordinary{0.014, 0.05, 0.07};
constexpr Deviation strong{0.05, 0.16, 0.16};

Scene varied(Scene scene, Deviation deviation, Dice& dice) {
    scene.motif.re += dice.away(deviation.c);
    scene.motif.im += dice.away(deviation.c);
    scene.tint += dice.away(deviation.tint);
    scene.window.x += dice.away(deviation.shift) * scene.window.span;
    scene.window.y += dice.away(deviation.shift) * scene.window.span;
    return scene;
}

/// The input of an action. `number` is from the table: a candidate, a percentage, a direction.
struct Step {
    Picture const& parent;
    FollowUp const& request;
    int number;

    Scene const& scene() const { return parent.scenes.front(); }
};

/// Returns a grid, or a single for one scene. It has the ordinary size again.
Picture grid_of(Picture const& parent, std::vector<Scene> scenes) {
    return {parent.origin, parent.aspect, std::move(scenes), Upscale::none, 1};
}

/// Returns four variations of a scene, none of them the scene itself.
Picture four_near(Step const& step, Scene const& scene, Deviation deviation) {
    Dice dice(step.request.seed);
    std::vector<Scene> scenes;
    for (int i = 0; i < 4; ++i) scenes.push_back(varied(scene, deviation, dice));
    return grid_of(step.parent, std::move(scenes));
}

Picture pick(Step const& step) {
    return grid_of(step.parent, {step.parent.scenes[static_cast<std::size_t>(step.number)]});
}

Picture vary_candidate(Step const& step) {
    return four_near(step, step.parent.scenes[static_cast<std::size_t>(step.number)], ordinary);
}

Picture vary_subtle(Step const& step) { return four_near(step, step.scene(), subtle); }
Picture vary_strong(Step const& step) { return four_near(step, step.scene(), strong); }

Picture reroll(Step const& step) {
    auto const seed = mix_seeds(step.request.seed, reroll_mark);
    return grid_of(step.parent, make_candidates(step.parent.origin, step.parent.aspect, seed));
}

/// Returns an upscale: the size is one number of the picture; only the variation differs.
Picture enlarged(Step const& step, Upscale kind, int times, Deviation deviation) {
    Picture picture = step.parent;
    Dice dice(step.request.seed);
    picture.scenes.front() = varied(picture.scenes.front(), deviation, dice);
    picture.upscale = kind;
    picture.factor *= times;
    return picture;
}

Picture upscale_2x(Step const& step) { return enlarged(step, Upscale::twofold, 2, {}); }
Picture upscale_4x(Step const& step) { return enlarged(step, Upscale::fourfold, 4, {}); }
Picture upscale_subtle(Step const& step) { return enlarged(step, Upscale::subtle, 2, polish); }
Picture upscale_creative(Step const& step) { return enlarged(step, Upscale::creative, 2, invent); }

/// Returns the same size again, with other fine detail.
Picture redo(Step const& step) {
    bool const creative = step.parent.upscale == Upscale::creative;
    return enlarged(step, step.parent.upscale, 1, creative ? invent : polish);
}

/// Returns another window on the same field. Inside the old one nothing changes; each candidate has
/// surroundings of its own.
Picture reframed(Step const& step, Window const& window, Aspect aspect) {
    Dice dice(step.request.seed);
    std::vector<Scene> scenes;
    for (int i = 0; i < 4; ++i) {
        Scene scene = step.scene();
        scene.layers.push_back({scene.window, step.parent.aspect, std::nullopt, dice.away(0.03),
                                dice.away(0.03), dice.away(0.10)});
        scene.window = window;
        scenes.push_back(std::move(scene));
    }
    Picture picture = grid_of(step.parent, std::move(scenes));
    picture.aspect = aspect;
    return picture;
}

Picture zoom_out(Step const& step) {
    Window window = step.scene().window;
    window.span *= step.number / 100.0;
    return reframed(step, window, step.parent.aspect);
}

double stretch_of(Aspect aspect) {
    return std::sqrt(static_cast<double>(aspect.width) / aspect.height);
}

/// Moves by half a window; `quarters` clockwise from the right.
Picture pan(Step const& step) {
    Window window = step.scene().window;
    double const stretch = stretch_of(step.parent.aspect);
    bool const sideways = step.number % 2 == 0;
    double const way = (step.number < 2 ? 0.5 : -0.5) * window.span;
    double const right = sideways ? way * stretch : 0;
    double const down = sideways ? 0 : way / stretch;
    window.x += right * std::cos(window.rotation) - down * std::sin(window.rotation);
    window.y += right * std::sin(window.rotation) + down * std::cos(window.rotation);
    return reframed(step, window, step.parent.aspect);
}

/// Fills up the short sides; nothing is cut off.
Picture square(Step const& step) {
    Window window = step.scene().window;
    double const stretch = stretch_of(step.parent.aspect);
    window.span *= std::max(stretch, 1 / stretch);
    return reframed(step, window, Aspect{1, 1});
}

Mask disc() {
    Mask mask;
    for (int i = 0; i < Mask::side * Mask::side; ++i) {
        double const x = i % Mask::side - (Mask::side - 1) / 2.0;
        double const y = i / Mask::side - (Mask::side - 1) / 2.0;
        double const within = Mask::side * 0.38 - std::hypot(x, y); // cells from the rim
        mask.cells.push_back(static_cast<std::uint8_t>(255 * std::clamp(within / 3, 0.0, 1.0)));
    }
    return mask;
}

/// Returns a candidate's quarter of a mask that lies over the whole grid.
Mask quarter(Mask const& whole, std::size_t index) {
    Mask part;
    int const left = index % 2 == 0 ? 0 : Mask::side;
    int const top = index / 2 == 0 ? 0 : Mask::side;
    for (int y = 0; y < Mask::side; ++y) {
        for (int x = 0; x < Mask::side; ++x) {
            int const cell = (top + y) / 2 * Mask::side + (left + x) / 2;
            part.cells.push_back(whole.cells[static_cast<std::size_t>(cell)]);
        }
    }
    return part;
}

/// Repaints a region; without a mask a soft disc in the middle of each candidate. The prompt's
/// words influence it, so that another prompt gives another region.
Picture vary_region(Step const& step) {
    auto const words = parse_prompt(step.request.prompt.value_or("")).words_hash();
    Dice dice(mix_seeds(words, step.request.seed));
    bool const whole = step.parent.is_grid() && step.request.mask.has_value();
    std::vector<Scene> scenes;
    for (std::size_t i = 0; i < 4; ++i) {
        Scene scene = step.parent.is_grid() ? step.parent.scenes[i] : step.scene();
        Mask mask = step.request.mask.value_or(disc());
        if (whole) mask = quarter(mask, i);
        scene.layers.push_back({scene.window, step.parent.aspect, std::move(mask), dice.away(0.08),
                                dice.away(0.08), dice.between(0.25, 0.6)});
        scenes.push_back(std::move(scene));
    }
    return grid_of(step.parent, std::move(scenes));
}

enum class Listed { yes, no };
using Offer = bool (*)(Picture const& picture);
using Make = Picture (*)(Step const& step);

bool to_grid(Picture const& picture) { return picture.is_grid(); }
bool to_single(Picture const& picture) { return !picture.is_grid(); }
bool to_any(Picture const&) { return true; }

/// True when an upscale stays within the limit; others are not offered.
bool fits(Picture const& picture, int times) {
    return !picture.is_grid() && picture.factor * times <= factor_max;
}
bool to_double(Picture const& picture) { return fits(picture, 2); }
bool to_quadruple(Picture const& picture) { return fits(picture, 4); }
bool to_wide(Picture const& picture) {
    return !picture.is_grid() && picture.aspect.width != picture.aspect.height;
}
template <Upscale kind>
bool after(Picture const& picture) {
    return !picture.is_grid() && picture.upscale == kind;
}

struct Action {
    std::string_view name;
    Offer offered;
    Make make;
    int number;
    Listed listed = Listed::yes;
};

/// The actions in the published order.
constexpr Action actions[] = {
    {"upscale1", to_grid, pick, 0},
    {"upscale2", to_grid, pick, 1},
    {"upscale3", to_grid, pick, 2},
    {"upscale4", to_grid, pick, 3},
    {"reroll", to_grid, reroll, 0},
    {"variation1", to_grid, vary_candidate, 0},
    {"variation2", to_grid, vary_candidate, 1},
    {"variation3", to_grid, vary_candidate, 2},
    {"variation4", to_grid, vary_candidate, 3},
    {"upscale_2x", to_double, upscale_2x, 0},
    {"upscale_4x", to_quadruple, upscale_4x, 0},
    {"variation_subtle", to_single, vary_subtle, 0},
    {"variation_strong", to_single, vary_strong, 0},
    {"zoom_out_2x", to_single, zoom_out, 200},
    {"zoom_out_1_5x", to_single, zoom_out, 150},
    {"pan_left", to_single, pan, 2},
    {"pan_right", to_single, pan, 0},
    {"pan_up", to_single, pan, 3},
    {"pan_down", to_single, pan, 1},
    {"square", to_wide, square, 0},
    {"redo_upscale_2x", after<Upscale::twofold>, redo, 0},
    {"redo_upscale_4x", after<Upscale::fourfold>, redo, 0},
    {"redo_upscale_subtle", after<Upscale::subtle>, redo, 0},
    {"redo_upscale_creative", after<Upscale::creative>, redo, 0},
    {"upscale_subtle", to_double, upscale_subtle, 0, Listed::no},
    {"upscale_creative", to_double, upscale_creative, 0, Listed::no},
    {"variation_region", to_any, vary_region, 0, Listed::no},
};

/// Returns an error that names the action that was probably meant.
Error unknown(std::string_view name) {
    std::vector<std::string_view> names;
    for (auto const& action : actions) names.push_back(action.name);
    return {PictureErrc::unknown_action, fmt::format("'{}'{}", name, did_you_mean(name, names))};
}

Error not_offered(std::string_view name, Picture const& parent) {
    auto const offers = actions_of(parent);
    return {PictureErrc::not_offered,
            fmt::format("'{}' on a {}; offered are {}", name,
                        parent.is_grid() ? "grid" : "single image", join(offers, ", "))};
}

} // namespace

std::vector<std::string> actions_of(Picture const& picture) {
    std::vector<std::string> names;
    for (auto const& action : actions) {
        if (action.listed == Listed::yes && action.offered(picture))
            names.emplace_back(action.name);
    }
    return names;
}

Result<Picture> follow(Picture const& parent, FollowUp const& request) {
    auto const* const action =
        std::find_if(std::begin(actions), std::end(actions),
                     [&](Action const& candidate) { return candidate.name == request.action; });
    if (action == std::end(actions)) return unknown(request.action);
    if (!action->offered(parent)) return not_offered(request.action, parent);
    Picture made = action->make({parent, request, action->number});
    if (made.scenes.front().layers.size() > layers_max)
        return Error(PictureErrc::not_offered,
                     fmt::format("'{}' after {} zooms, pans and repaints, which is the limit; "
                                 "begin a new picture",
                                 request.action, layers_max));
    return made;
}

} // namespace darkroom::studio
