// The state of a run directory: read from its history, as text and as JSON.
#pragma once

#include "runner/report/next_run.hpp"
#include "runner/report/second_charges.hpp"
#include "runner/report/unknown_steps.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::report {

/// Why a step is listed. Printed for scripts: the names never change.
enum class Trouble {
    failed = 0,
    unknown = 1,       ///< Sent, without a last word.
    image_missing = 2, ///< Paid, and its image was given up.
};
std::string_view name_of(Trouble trouble);

/// A step that failed, is unknown or misses an image.
struct TroubledStep {
    std::string name;   ///< step_name()
    std::string prompt; ///< As it was sent; "" for none.
    Trouble trouble = Trouble::failed;
    engine::Problem problem;
};

/// Returns "cars/12/upscale4  rejected, bad_request: …; prompt: …", printable.
std::string failed_line(engine::FailedRow const& row);

/// A task that several steps have as their own, although it was paid once.
struct SharedTask {
    std::string task_id;
    std::vector<std::string> steps; ///< step_name() of each.
};

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
    std::uint64_t gave_up = 0;  ///< Wanted steps that failed, or are paid with an image given up.
    std::uint64_t waiting = 0;  ///< Picks that nobody has made; read_status() leaves it 0.
    std::vector<TroubledStep> troubled; ///< The first ones: at most 50.
    UnknownSteps unknown_steps;
    SecondCharges charges;
    std::vector<SharedTask> shared; ///< read_status() leaves it empty.

    /// Returns the steps by their state: those of the plan, or else all of the directory.
    StepsByState by_state() const;
    /// Returns true unless there was only the account without a name.
    bool has_named_accounts() const;
};

/// Works during a run. `wanted`, if any: other steps are no failures any more. Errors: of the
/// history.
Result<Status> read_status(engine::History& history, std::string directory,
                           std::set<Digest> const* wanted = nullptr);

/// Returns the object of `status --json`. docs/cli.md has the keys.
json::Value to_json(Status const& status);
/// Returns printable lines for a person.
std::string status_text(Status const& status);

} // namespace darkroom::report
