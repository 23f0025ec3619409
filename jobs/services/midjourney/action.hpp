// The actions of the service: what offers what, and what each makes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// What a step makes. The first three are images, which other steps can follow; on an edited one
/// the service offers nothing of its own.
enum class ResultKind { grid, single, edited, video, text };
bool is_image(ResultKind kind);

/// One row a known action. Source: the service's action lists; for `square`, `redo_*` and
/// `variation_region` its own web client; the others are endpoints of their own.
struct Action {
    std::string_view name;
    std::optional<ResultKind> parent; ///< The kind that offers it; none: any image.
    ResultKind makes;
    std::string_view price; ///< The class in `prices`: generate variation upscale reroll zoom pan …
    bool published; ///< In the lists the service prints; others depend on model and history.
};

/// All follow-ups, in the order in which the service lists them.
std::span<Action const> known_actions();
/// What a job can begin with and no image offers: `generate`, `edit`, `shorten`, `translate`.
std::span<Action const> first_actions();
/// Among all of them; nullptr for an action this program does not know; such a one is sent all
/// the same.
Action const* find_action(std::string_view name);
/// Whether what is of `kind` can offer `action`; unknown actions can be offered by any image.
bool can_offer(ResultKind kind, std::string_view action);
/// Whether every image takes `action`, although none lists it.
bool is_taken_by_any(std::string_view action);
/// What `action` makes; single for an unknown one.
ResultKind made_by(std::string_view action);
/// Whether `name` stands for several actions.
bool is_glob(std::string_view name);
/// The known actions that match `pattern` (`*` stands for any run) and that `kind` can offer.
/// A glob never gives what every image takes: it would be bought by accident.
std::vector<std::string_view> matching_actions(std::string_view pattern, ResultKind kind);

} // namespace darkroom::jobs
