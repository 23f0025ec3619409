// Walks over the steps of a job, and over what its run directory has of them.
#pragma once

#include "runner/cli/job.hpp"
#include "runner/report/next_run.hpp"
#include "runner/report/pick_walk.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace darkroom::cli {

/// Gives every step that the plan could have, parents first; with globs, all that could match.
/// Throws Quit(bad_file) when the input cannot be read to its end.
void for_each_step(Job const& job, std::function<void(jobs::Step const&)> const& take);

/// Gives every choice that the run in `directory` has reached; see report::for_each_pick(). Throws
/// Quit: disk (the journal), bad_file (a table), and whatever `take` throws.
void for_each_pick(Job const& job, std::string const& directory, jobs::Picks const& picks,
                   std::function<void(report::PickChoice const&)> const& take);

/// Counts the choices that nobody has made. Throws Quit as for_each_pick().
std::uint64_t count_waiting(Job const& job, std::string const& directory, jobs::Picks const& picks);

/// Asks a comparison for more than its counts: see report::PlanView.
struct WalkWishes {
    std::function<void(jobs::Step const&)> take_given_up = {};
    std::function<bool(Digest const&)> is_tried_again = {};
    std::map<Digest, std::uint64_t> const* missing = nullptr;
};

/// Returns how many saved files of each step are not in their place, as far as that is known at
/// little cost; see store::missing_files(). The run directory need not exist. Throws Quit: disk.
std::map<Digest, std::uint64_t> missing_files_of(std::string const& directory);

/// Compares a part of the plan with the run directory, which need not exist. Throws Quit: disk (the
/// journal), bad_file (a table, the picks).
report::NextRun next_run_of(Job const& job, jobs::PlanOptions const& part,
                            std::string const& directory, WalkWishes wishes = {});
/// Does the same with a run directory that is open; nullptr when there is none.
report::NextRun next_run_of(Job const& job, jobs::PlanOptions const& part, engine::History* history,
                            jobs::Picks const& picks, WalkWishes wishes = {});

/// Returns true for a plan that takes longer to compare with the journal than a person waits for.
/// A shard makes every item of the plan.
bool is_big(Job const& job, jobs::Estimate const& plan);

} // namespace darkroom::cli
