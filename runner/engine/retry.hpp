// Decides what a failure leads to: one pure table, and the waits.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/event.hpp"

#include <string_view>

namespace darkroom::engine {

/// The ways to go on after a failed attempt.
enum class Remedy {
    again,       ///< Wait `Decision::wait`, then submit again.
    slow_down,   ///< The same, and lower the pool; no attempt is used up.
    look_up,     ///< Ask the service what became of it before anything else.
    give_up,     ///< Final; the branch below is skipped.
    leave,       ///< Nothing was taken, and another attempt is no use: left to the next run.
    stop_paying, ///< The account cannot pay: no more submissions with it.
    stop_all,    ///< Our own disk: nothing can be kept.
};
std::string_view name_of(Remedy remedy);

struct Decision {
    Remedy remedy = Remedy::give_up;
    Duration wait{};
};

/// The history of a step before its latest failure, and a random number.
struct Attempt {
    int failed_before = 0; ///< StepState::attempts.
    int rate_before = 0;   ///< 429 answers in a row to this step.
    double chance = 0;     ///< In [0, 1): the jitter.
};

/// Returns the remedy for a failed paid request.
Decision decide(Problem const& problem, Attempt attempt, jobs::Retry const& policy);

/// The history of a download before its latest failure, and a random number.
struct DownloadAttempt {
    int failed_before = 0;      ///< Attempts that count.
    int rate_before = 0;        ///< 429 answers of its host in a row.
    bool is_link_fresh = false; ///< The task was asked for its link, and nothing came since.
    bool has_progress = false;  ///< More bytes have come than in any attempt before.
    double chance = 0;          ///< In [0, 1): the jitter.
};

struct DownloadDecision {
    Remedy remedy = Remedy::give_up; ///< again, slow_down, give_up or stop_all.
    Duration wait{};
    bool needs_link = false; ///< Ask the task for its link first.
    bool counts = false;     ///< It has used up an attempt.
};

/// Returns the remedy for a failed download. slow_down: all downloads from the host wait; where
/// files ran out, only this one.
DownloadDecision decide_download(Problem const& problem, DownloadAttempt attempt,
                                 jobs::Retry const& policy);
/// Returns whether it was our own system that had too many open files.
bool lacks_files(Problem const& problem);

/// Returns the remedy for a failed look-up, which is free: `again`, or stop_paying when the account
/// is refused or empty, or the service cannot be asked at all.
Remedy remedy_of_look_up(Problem const& problem);

} // namespace darkroom::engine
