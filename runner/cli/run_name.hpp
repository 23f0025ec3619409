// The name of a run directory, by which ledgers know it.
#pragma once

#include "runner/ledger/task_owner.hpp"

#include <string>

namespace darkroom::cli {

/// Names the run directory of a journal: a copy of it has another name, but not after it was moved.
/// Throws Quit: disk.
ledger::RunName run_name_of(std::string const& journal);

} // namespace darkroom::cli
