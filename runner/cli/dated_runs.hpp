// The run directories of a job whose name has a date in it: which is tonight's, and which of the
// older ones comes first.
#pragma once

#include "runner/cli/job.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// Returns the directories of older runs of a job with a dated name, the newest first. None for any
/// other job.
std::vector<std::string> older_directories(Job const& job);

/// One run of several that a command makes, one after the other.
struct Turn {
    enum class Why {
        asked,      ///< It is the run that was asked for.
        unfinished, ///< An older one has not ended by itself.
        changed,    ///< The same, and the job has changed since: nothing more is bought for it,
                    ///< and once is enough; see leave_as_changed().
        unknown,    ///< An older one has nothing left but steps that are unknown.
    } why = Why::asked;
    Job job;
    std::string directory;
};

/// Returns what a run of a job does, in its order. An unfinished older directory comes first,
/// unless only a part of the job is to run. Without a schedule, nothing says that another run is
/// due as well: then it is the only one. Throws Quit: of journals.
std::vector<Turn> turns_of(Job job, WallTime now);

/// Notes in a run directory that its run is left as it is, since the job has changed: it comes
/// first again only if the job is as it was. Throws Quit: of the journal.
void leave_as_changed(std::string const& directory);

} // namespace darkroom::cli
