// `darkroom ledger repair DIR…`: a ledger that knows again what was spent.
#pragma once

#include <string>
#include <vector>

namespace darkroom::cli {

/// Enters what the run directories know in the ledger of this machine, and says that it knows all:
/// limits of the day and the month hold again. A broken file is replaced. Prints a line for each
/// directory. Throws Quit: no_input, locked, contradiction, disk.
void repair_ledger(std::vector<std::string> const& directories);

/// Enters what the run directories know in the ledger of many machines at `url`, which then counts
/// on from their grants. Prints a line for each directory. Throws Quit: no_input, for one that has
/// used no such ledger; locked, also where another process is at work on its shard; as
/// open_shared_ledger() does.
void repair_shared_ledger(std::string const& url, std::vector<std::string> const& directories);

} // namespace darkroom::cli
