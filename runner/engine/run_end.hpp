// How a run ended, and what came of it.
#pragma once

#include "runner/engine/accounts.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace darkroom::engine {

/// Why a run came to its end. docs/cli.md has the exit code of each.
enum class RunEnd {
    all_done = 0,
    some_failed = 1, ///< Some steps failed, or are unknown and could not be looked up.
    budget_spent = 2,
    account_empty = 3,
    too_many_failures = 4,
    account_refused = 5,
    interrupted = 6,
    disk_failed = 7,
    input_failed = 8,   ///< A table, or a row of it, could not be read.
    no_room = 9,        ///< The disk has no room for what the next request would make.
    ledger_failed = 10, ///< It has limits for all runs, and cannot know what they spend.
    ledger_away = 11,   ///< The ledger of many hosts could not be reached for too long.
    shard_taken = 12,   ///< Another process has taken over the shard.
    wrong_http = 13,    ///< The service has to speak HTTP/2, and does not.
};
/// Returns the name of an end, as it is spelled in the code.
std::string_view name_of(RunEnd end);

/// Counts what came of the wanted steps. A step wanted twice (two equal items) counts twice.
struct Tally {
    std::uint64_t items = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t unknown = 0;
    std::uint64_t left = 0;         ///< Wanted by the next run: nothing was taken in all attempts.
    std::uint64_t stranded = 0;     ///< Follow-ups whose image's account pays for nothing more.
    std::uint64_t waiting = 0;      ///< Picks to be made: what is below them is not wanted yet.
    std::uint64_t images = 0;       ///< Saved by this run; texts are none.
    std::uint64_t bytes = 0;        ///< The size of the files that this run has saved.
    std::int64_t paid = 0;          ///< Generations this run caused.
    jobs::Micros cost = 0;          ///< The price of those generations.
    std::int64_t charged_again = 0; ///< Those that the service had called failed.
    std::uint64_t retries = 0;
};

struct RunResult {
    RunEnd end = RunEnd::all_done;
    Tally tally;
    std::vector<AccountTally> accounts; ///< As in EngineOptions; one where that was empty.
    Error error; ///< Set for disk_failed, input_failed, no_room and wrong_http; for account_* the
                 ///< service's words; for budget_spent the limit of a day or a month, where it is
                 ///< one.
};

/// The work that a run has under way.
struct Load {
    int open = 0;                      ///< Requests.
    int places = 0;                    ///< The number of them that may be open now.
    std::size_t waiting_for_money = 0; ///< Steps that wait until others are settled.
    bool is_paused = false;
    bool is_stopping = false;
};

/// Ends the run: nothing more is submitted. The first end is kept, but for a graver one.
using EndRun = std::function<void(RunEnd end, Error why)>;

} // namespace darkroom::engine
