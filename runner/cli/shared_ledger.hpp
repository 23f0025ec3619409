// The ledger of many hosts, in a run.
#pragma once

#include "runner/cli/run_request.hpp"
#include "runner/postgres/postgres_ledger.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
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

/// The place of a run directory in such a ledger.
struct ShardPlace {
    std::string campaign;
    int shard = 1;
    int shards = 1;
    std::int64_t grants = 0; ///< So many requests of the shard were granted, as far as it knows.
};
/// Returns nothing where the directory has used none. Throws Quit.
std::optional<ShardPlace> shard_place_in(std::string const& journal);
/// Returns the options for a run directory, but for its budget.
postgres::PostgresOptions shared_ledger_options(std::string const& url, ShardPlace const& place,
                                                std::string const& journal);
/// Takes the shard, as open_shared_ledger() does, whose errors it has.
void begin_shared_ledger(boost::asio::io_context& context, postgres::PostgresLedger& ledger);

/// Returns the campaign under which a run directory has its steps in such a ledger; nothing where
/// it has used none. Throws Quit.
std::optional<std::string> campaign_in(std::string const& journal);
/// Returns the random name of the ledger that it has used. Throws Quit.
std::optional<std::string> shared_ledger_in(std::string const& journal);
/// Notes that a directory has used a ledger; without a campaign, the next run names it. Throws
/// Quit.
void write_shared_ledger(std::string const& journal, std::string const& name,
                         std::string const& campaign);

/// Notes at the end of a run what the next one compares with its ledger. Throws Quit: disk.
void note_shared_ledger(postgres::PostgresLedger const& ledger, std::string const& journal);

} // namespace darkroom::cli
