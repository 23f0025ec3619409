// Whose a task is, for those who only read the ledger.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/sha256.hpp"

#include <string>
#include <string_view>

namespace darkroom::ledger {

/// Returns whether the ledger has a task as another run directory's. `run`: LedgerOptions::run of
/// the one that asks. Errors: the file cannot be read.
Result<bool> is_task_of_other(std::string const& path, std::string const& run,
                              std::string const& identity, std::string const& task);

} // namespace darkroom::ledger
