// The ledger of many hosts, in a run.
#pragma once

#include "runner/cli/run_request.hpp"
#include "runner/postgres/postgres_ledger.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace darkroom::cli {

/// Returns whether a run is to use one. `option`: the value of --ledger, or "".
bool uses_shared_ledger(std::string const& option, jobs::JobFile const& file);

/// Throws Quit(contradiction) where a directory has used such a ledger, and the run does not say
/// with --ledger none that it goes on without.
void refuse_without_shared_ledger(std::string const& journal, RunRequest const& request);

/// Takes the shard of the campaign, which may take a minute; `context` runs meanwhile. `journal`:
/// that of the locked run directory. Throws Quit: try_later, where the database cannot be reached;
/// locked, where another process is at work on the shard; contradiction, where it has no ledger or
/// went back in time; bad_file, for another number of shards; usage, for a variable that is not
/// set.
std::unique_ptr<postgres::PostgresLedger> open_shared_ledger(boost::asio::io_context& context,
                                                             Clock& clock,
                                                             RunRequest const& request,
                                                             std::string const& journal);

/// Notes at the end of a run what the next one compares with its ledger. Throws Quit: disk.
void note_shared_ledger(postgres::PostgresLedger const& ledger, std::string const& journal);

} // namespace darkroom::cli
