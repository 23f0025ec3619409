// Compares what a listing shows with what other runs have, by the ledger.
#pragma once

#include "runner/engine/known_tasks.hpp"
#include "runner/engine/ledger_link.hpp"

#include <string>
#include <vector>

namespace darkroom::engine {

/// Asks which of a listing's tasks, and which requests, are those of other runs. Notes the tasks.
/// Everything outlives the call.
awaitable<OtherRuns> ask_others(LedgerLink& ledger, std::string account, Listing const& listing,
                                KnownTasks& known);

/// Makes the tasks that were found the steps' own. Where another run has one, nothing is concluded
/// for that search, and no absence for any. A waiter that ends meanwhile gets none of it: the
/// next run learns of its task. Everything outlives the call.
awaitable<void> adopt_found(LedgerLink& ledger, std::vector<Digest> steps, Findings& findings,
                            KnownTasks& known);

} // namespace darkroom::engine
