// The steps that were sent and have no last word: why, since when, and what ends that.
#pragma once

#include "runner/engine/history.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::report {

/// One step whose outcome is unknown, or still to come.
struct UnknownStep {
    Digest key{};
    engine::StepInfo info;
    std::string task_id;    ///< "" when none is known.
    bool by_search = false; ///< The task was found or named by a person, not by the service.
    WallTime sent_at{};
    WallTime lost_at{};      ///< 0: no failure was recorded, only the request.
    engine::Problem problem; ///< The failure at `lost_at`.

    /// Returns when the outcome became unknown.
    WallTime since() const { return lost_at == WallTime() ? sent_at : lost_at; }
};

/// The first of the unknown steps, in the order of their last facts.
struct UnknownSteps {
    std::vector<UnknownStep> first;
    std::uint64_t all = 0;
};

/// This many are listed for a person; a script gets more.
constexpr std::size_t unknown_shown_max = 20;
constexpr std::size_t unknown_listed_max = 1000;

/// Returns the step as it is listed.
UnknownStep unknown_step_of(Digest const& key, engine::StepState const& state);
/// Reads at most `unknown_listed_max` of them and counts all. Errors: of the history.
Result<UnknownSteps> read_unknown_steps(engine::History& history);

/// Returns the first digits of a key as people see and type them: "3f2a9c01ab12".
std::string short_key(Digest const& key);
/// Returns why the outcome is unknown; printable.
std::string reason_of(UnknownStep const& step);
/// Returns what ends it without a person, and when at the latest.
std::string end_of(UnknownStep const& step);

/// Returns printable lines: each step with its reason and its end, then the commands that help.
/// None when nothing is unknown. `directory` is the run directory as the user typed it.
std::vector<std::string> unknown_lines(UnknownSteps const& steps, std::string const& directory);
/// Returns the array `unknown_steps` of `--json`. docs/cli.md has the keys.
json::Array to_json(UnknownSteps const& steps);

} // namespace darkroom::report
