// What a run directory has of a plan, counted when a run ends: one set of numbers for the summary,
// the status and failed.jsonl.
#pragma once

#include "runner/cli/job.hpp"
#include "runner/report/next_run.hpp"
#include "runner/report/status.hpp"

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace darkroom::cli {

struct RunCounts {
    /// The counts of the part of the plan that was run; none when the plan or the journal cannot be
    /// read.
    std::optional<report::NextRun> part;
    std::optional<report::NextRun> whole; ///< The same of the whole file.
    report::Failures failures;            ///< Those of the part, and how many are outside of it.
    /// The steps of the whole job file that were given up. A shard's file is its part.
    std::optional<std::set<Digest>> given_up;
    std::map<Digest, report::TableLine> lines; ///< The rows of those that come from a table.
};

/// Counts one state of the directory, also while a run goes on.
RunCounts count_run(Job const& job, std::string const& directory);
/// Counts what `history` has; one state only if that is a snapshot. `missing`: see WalkWishes.
RunCounts count_run(Job const& job, engine::History& history, jobs::Picks const& picks,
                    std::map<Digest, std::uint64_t> const* missing = nullptr);

/// Shows the charges that are durable although no step has waited for that. The journal is closed.
void show_durable(std::list<engine::Event> const& charges, std::string const& directory,
                  engine::Observer& observer);

/// Corrects the run's own counts by what its events have said, and after a failed write of the
/// journal by what that has: all else counts for no later run.
void take_durable(RunCounts const& counts, report::Payment const& paid, engine::RunResult& result);

/// Returns the steps of the job's part that were given up. Throws Quit.
std::set<Digest> given_up_steps(Job const& job, std::string const& directory);

} // namespace darkroom::cli
