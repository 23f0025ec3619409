// Processes that hold places in the ledger, and whether they are still there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace darkroom::ledger {

/// Names a process for ever: another one that gets its number begins at another time.
struct Holder {
    std::int64_t pid = 0;
    std::int64_t start = 0; ///< In ticks since the boot.
    std::string boot;       ///< The boot of the machine, and the space in which `pid` counts.

    bool operator==(Holder const&) const = default;
};

Holder this_process();
/// Returns whether the process may still be there. One in another space of process numbers, as in a
/// container, cannot be seen: it may be.
bool is_alive(Holder const& holder);

/// Answers the same; tests have an answer of their own.
using IsAlive = std::function<bool(Holder const&)>;

} // namespace darkroom::ledger
