// What a run does while another one holds its run directory. docs/cli.md, `--if-busy`.
#pragma once

#include "runner/base/clock.hpp"

#include <string>

namespace darkroom::cli {

struct IfBusy {
    enum class What {
        fail, ///< End with ExitCode::locked.
        skip, ///< Leave this run out.
        wait, ///< Begin when the other one has ended.
    } what = What::fail;
    Duration time_max{}; ///< The longest wait.
};

/// Reads "fail", "skip", "wait" (an hour at most) or "wait=10m". Throws Quit(usage).
IfBusy read_if_busy(std::string const& text);

/// Completes the wait for a run directory, which need not exist. Returns false when this run is
/// left out; true when it may begin, or must fail. Says on standard error what it does.
bool wait_while_busy(std::string const& directory, IfBusy const& wish);

} // namespace darkroom::cli
