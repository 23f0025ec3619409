// The counts with which the displays of a run begin, and a warning.
#pragma once

#include "jobs/plan/estimate.hpp"
#include "runner/cli/run_request.hpp"
#include "runner/report/board.hpp"
#include "runner/store/journal.hpp"

namespace darkroom::cli {

/// A run that is about to begin.
struct RunStart {
    RunRequest const& request;
    jobs::Estimate const& plan;
    store::SqliteJournal& journal;
    RetryChoice const& retries;
    Time begun{};
};

/// Returns the counts that earlier runs left: those that the closing words will begin with, where
/// they are shown while the run is at work.
report::Start start_of(RunStart const& run);

/// Returns a warning where a directory has pictures of the built-in service, and the run is to buy
/// others; else "".
std::string warning_of_rehearsal(RunRequest const& request);

} // namespace darkroom::cli
