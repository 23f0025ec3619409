// Asks for several pages of an account's listing at once.
#pragma once

#include "runner/engine/ports.hpp"

#include <vector>

namespace darkroom::engine {

/// Completes with an answer for each offset, in their order, when the last is there. There is at
/// least one offset; the rest of the question is in `query`. Cancel: terminal.
awaitable<std::vector<LookedUp>> ask_for_pages(Provider& provider, TaskQuery query,
                                               std::vector<int> offsets);

} // namespace darkroom::engine
