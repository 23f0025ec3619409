// What is in the ledger of this machine, for people.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"
#include "runner/ledger/holder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::ledger {

/// An account; its name is the beginning of its key, which nobody can undo.
struct AccountLine {
    std::string name;
    std::int64_t open = 0;   ///< Requests without a last word.
    std::int64_t places = 0; ///< Those that have a place.
    jobs::Micros day = 0;    ///< Spent and reserved within 24 hours, to a quarter of an hour.
    jobs::Micros month = 0;  ///< Within 31 days.
};

/// A process that has open requests.
struct HolderLine {
    std::int64_t pid = 0;
    bool is_alive = false;
    std::int64_t open = 0;
};

struct LedgerStatus {
    std::vector<AccountLine> accounts;
    std::vector<HolderLine> holders;
    bool knows_all = true; ///< False: it has replaced another one.
};

/// Reads the file, and changes nothing. Errors: it cannot be read.
Result<LedgerStatus> read_status(std::string const& path, WallTime now,
                                 IsAlive const& is_alive = ledger::is_alive);

} // namespace darkroom::ledger
