// Whose a task is, for those who only read the ledger.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/sha256.hpp"

#include <string>
#include <string_view>

namespace darkroom::ledger {

/// Names a run directory: see LedgerOptions.
struct RunName {
    std::string run;
    std::string origin;
};

/// Returns whether the ledger has a task as that of a run directory which is no copy of this one.
/// Errors: the file cannot be read.
Result<bool> is_task_of_other(std::string const& path, RunName const& name,
                              std::string const& identity, std::string const& task);

} // namespace darkroom::ledger
