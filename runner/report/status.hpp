// The state of a run directory: read from its history, as text and as JSON.
#pragma once

#include "runner/report/next_run.hpp"
#include "runner/report/run_state.hpp"
#include "runner/report/second_charges.hpp"
#include "runner/report/unknown_steps.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace darkroom::report {

/// A row of a job's table.
struct TableLine {
    std::string table;      ///< Its name, as messages have it; "" for none.
    std::uint64_t line = 0; ///< From 1.
};

/// A step that was given up, or is paid with an image given up.
struct FailedStep {
    std::string name; ///< step_name()
    engine::FailedRow row;
    TableLine line; ///< The row that its item comes from.
};

/// Returns "cars/12/upscale4  rejected, bad_request: …; prompt: …", printable.
std::string failed_line(engine::FailedRow const& row);

/// A task that several steps have as their own, although it was paid once.
struct SharedTask {
    std::string task_id;
    std::vector<std::string> steps; ///< step_name() of each.
};

/// This many failures are listed for a person; a script gets more.
constexpr std::size_t failures_shown_max = 50;
constexpr std::size_t failures_listed_max = 1000;

struct Status {
    std::string directory;     ///< As the user typed it.
    engine::StepCounts counts; ///< All steps that the directory has.
    /// The steps of the present plan; none when the job file cannot be read. read_status() leaves
    /// it empty.
    std::optional<NextRun> plan;
    std::map<std::string, engine::Totals> accounts; ///< The payments of each account.
    std::int64_t images = 0;
    std::uint64_t unknown = 0;
    std::uint64_t rejected = 0; ///< Failed steps whose content the service refused.
    /// The failures of the part that the last run had, if it had one; read_status() leaves it
    /// empty.
    std::optional<Failures> of_part;
    std::uint64_t gave_up = 0; ///< Wanted steps that failed, or are paid with an image given up.
    std::uint64_t waiting = 0; ///< Picks that nobody has made; read_status() leaves it 0.
    std::vector<FailedStep> failures; ///< The first ones: at most failures_listed_max.
    UnknownSteps unknown_steps;       ///< In flight, while a run is at work.
    SecondCharges charges;
    std::vector<SharedTask> shared; ///< read_status() leaves it empty, and what follows.
    std::uint64_t removed = 0;      ///< Images whose files `darkroom clean` has removed.
    std::optional<RunAtWork> running;
    std::optional<RunNote> last_run; ///< None in a directory of version 0.1.
    std::string currency = {};       ///< "" when the job file cannot be read.
    WallTime now{};

    /// Returns the steps by their state: those of the plan, or else all of the directory. While a
    /// run is at work, what is in flight is not unknown: it counts as pending.
    StepsByState by_state() const;
    /// Returns the steps that a run at work has sent and that have no last word yet.
    std::uint64_t in_flight() const { return running ? unknown : 0; }
    /// Returns what was paid for steps that the plan no longer wants, or paid again; without a plan
    /// everything.
    Payment paid_for_others() const;
    /// Returns true unless there was only the account without a name.
    bool has_named_accounts() const;
};

/// The failed steps that the present job file still wants.
struct WantedFailures {
    std::set<Digest> const& steps; ///< Others are no failures any more.
    std::map<Digest, TableLine> const& lines;
};
/// Works during a run. Without a job file, `wanted` is null. Errors: of the history.
Result<Status> read_status(engine::History& history, std::string directory,
                           WantedFailures const* wanted = nullptr);

/// Returns the object of `status --json`. docs/cli.md has the keys.
json::Value to_json(Status const& status);
/// Returns printable lines for a person.
std::string status_text(Status const& status);

} // namespace darkroom::report
