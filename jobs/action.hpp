// The actions of the service: what offers what, and what kind of image each makes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

enum class ImageKind { grid, single };

/// One row a known action. Source: the service's action lists and, for `square`, `redo_*` and
/// `variation_region`, its own web client.
struct Action {
    std::string_view name;
    std::optional<ImageKind> parent; ///< The kind that offers it; none: any.
    ImageKind makes;
    std::string_view price; ///< The class in `prices`: generate variation upscale reroll zoom pan.
    bool published; ///< In the lists the service prints; others depend on model and history.
};

/// All follow-ups, in the order in which the service lists them.
std::span<Action const> known_actions();
/// Also finds `generate`, which no image offers and known_actions() leaves out.
/// nullptr for an action this program does not know; such a one is sent all the same.
Action const* find_action(std::string_view name);
/// Whether an image of `kind` can offer `action`; unknown actions can be offered by any.
bool can_offer(ImageKind kind, std::string_view action);
/// What `action` makes; single for an unknown one.
ImageKind made_by(std::string_view action);
/// Whether `name` stands for several actions.
bool is_glob(std::string_view name);
/// The known actions that match `pattern` (`*` stands for any run) and that `kind` can offer.
/// A glob never gives `variation_region`, which needs a mask beside its name.
std::vector<std::string_view> matching_actions(std::string_view pattern, ImageKind kind);

} // namespace darkroom::jobs
