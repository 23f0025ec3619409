// Removes files of old runs: which directories, what of each, and the removal.
#pragma once

#include "runner/cli/clean_choice.hpp"
#include "runner/cli/clean_plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::cli {

/// A run directory, and what becomes of it.
struct CleanedRun {
    std::string directory;
    std::string state; ///< Printed for scripts: the words never change.
    std::string reason;
    CleanPlan plan; ///< Without files unless some are to go.
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    bool lacks_room = false; ///< The disk is too full to record what goes.
};

/// Returns each directory once, however it is written. Throws Quit: no_input, contradiction.
std::vector<CleanedRun> runs_to_clean(std::vector<std::string> const& directories);
/// Looks at all of them before anything is removed. Throws Quit: disk.
void look_at_runs(std::vector<CleanedRun>& runs, KeepRule const& rule, CleanWish const& wish,
                  WallTime now);
/// Cleans those that it would clean. It looks at each again, now that no run can begin, records
/// what goes, and removes it. A failure is a state and reason: it does not keep other directories
/// from being cleaned, and where the disk was full it is tried again after those.
void clean_runs(std::vector<CleanedRun>& runs, CleanWish const& wish, WallTime now);
/// Returns "12 files, 3.4 MB, of 2 directories": what is to go, or is gone.
std::string sum_of_runs(std::vector<CleanedRun> const& runs);

} // namespace darkroom::cli
