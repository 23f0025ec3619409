// The ledger of a run: where it is, whether it is used, and what the run says about it.
#pragma once

#include "jobs/schedule/zone.hpp"
#include "runner/cli/run_request.hpp"
#include "runner/engine/run_options.hpp"
#include "runner/postgres/postgres_ledger.hpp"
#include "runner/report/words.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::cli {

/// The ledger of a run.
struct RunLedger {
    std::unique_ptr<engine::Ledger> ledger;     ///< Null: there is none.
    postgres::PostgresLedger* shared = nullptr; ///< The same one, if it is that of many machines.
    std::vector<std::string> notes;             ///< To be printed at the start.
};

/// Opens the ledger of this user on this machine, or that of many, where the run is to use one.
/// `context` may run meanwhile. `journal`: that of the locked run directory. Throws Quit:
/// contradiction, where the budget needs a ledger that cannot be used; usage; as
/// open_shared_ledger() does.
RunLedger open_ledger(boost::asio::io_context& context, Clock& clock, RunRequest const& request,
                      std::string const& journal);

/// Notes in the journal which ledger of this machine the directory has used. Throws Quit.
void note_own_ledger(std::string const& journal, std::string const& path, std::string const& name);
/// Says the last words to a ledger of many machines, which waits no longer than some seconds. Where
/// it is away, a run that has done all ends for now: the next one says them.
boost::asio::awaitable<void> end_ledger(RunLedger const& ledger, Clock& clock,
                                        engine::RunResult& result);
/// Notes in the journal, after that, what the next run compares with it. Throws Quit: disk.
void note_ledger(RunLedger const& ledger, std::string const& journal);

/// Sets what a run says about its ledger while it is at work.
void set_ledger_words(engine::EngineOptions& options, RunLedger const& ledger,
                      std::function<void(report::Worded)> const& say);

/// Throws Quit(usage) where the ledger that a directory has used has a task as another directory's.
void refuse_task_of_other_directory(std::string const& journal, std::string const& identity,
                                    std::string const& task);

/// Returns the words for such a limit that is spent; null where there is none.
std::function<std::string(engine::SpendingCap const&, jobs::Micros)>
cap_words_of(jobs::JobFile const& file);

/// Returns what the runs of an account may spend, at a time; null where there is no such limit, as
/// with the built-in service. Throws Quit: usage, for a zone that the machine does not know.
std::function<std::vector<engine::SpendingCap>(WallTime)> caps_of(jobs::JobFile const& file);

/// Returns the beginning of the day, and of the month, in a zone.
WallTime day_of(jobs::Zone const& zone, WallTime time);
WallTime month_of(jobs::Zone const& zone, WallTime time);

} // namespace darkroom::cli
