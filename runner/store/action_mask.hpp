// The actions that an image offers, as one number: a million of them are read without their facts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace darkroom::store {

/// Stands where the actions are not known: in journals of older programs, which did not store them,
/// and for an image with an action that this program does not know. The facts have the actions.
inline constexpr std::int64_t unknown_action_mask = -1;

/// Sets a bit for each action; their order does not matter. Negative only as unknown_action_mask.
std::int64_t action_mask_of(std::span<std::string const> actions);

/// Returns the actions of a mask. Bits of a newer program are left out: ask is_known_action_mask()
/// first.
std::vector<std::string> actions_of(std::int64_t mask);
bool is_known_action_mask(std::int64_t mask);

} // namespace darkroom::store
