// The split of an item. Pure.
#pragma once

#include "runner/base/sha256.hpp"
#include "runner/export/options.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace darkroom::exports {

/// Reads "train=0.9,test=0.1". Nothing unless the names differ and consist of letters, digits and
/// `_`, and the shares are above 0, have at most six decimals and are 1 together.
std::optional<std::vector<Share>> parse_split(std::string_view text);

/// Returns the number of the split of the item whose first generation has this key: the key alone
/// decides. Stored: never changed.
std::size_t split_of(Digest const& root, std::vector<Share> const& shares);

} // namespace darkroom::exports
