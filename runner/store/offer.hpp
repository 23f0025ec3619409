// What an image offers, as one number: so that a million of them are known without their facts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace darkroom::store {

/// Journals of older programs do not tell; nor can a number say an action this program does not
/// know. Then the facts do.
inline constexpr std::int64_t offer_not_told = -1;

/// A bit for each action, whatever their order; never negative but for offer_not_told.
std::int64_t offer_of(std::span<std::string const> actions);

/// The actions again. A number with bits of a newer program gives only those that are known here:
/// ask is_offer_known() first.
std::vector<std::string> actions_of(std::int64_t offer);
bool is_offer_known(std::int64_t offer);

} // namespace darkroom::store
