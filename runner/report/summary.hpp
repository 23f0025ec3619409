// The closing words of a run: for a person, and as one JSON object. Pure.
#pragma once

#include "runner/engine/run_end.hpp"
#include "runner/report/next_run.hpp"
#include "runner/report/second_charges.hpp"
#include "runner/report/unknown_steps.hpp"
#include "runner/report/words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::report {

/// The facts about a run that has ended.
struct Closing {
    std::string name;
    std::string directory;   ///< The run directory, as the user may type it.
    std::string pictures;    ///< The directory with the pictures, in the same way.
    std::uint64_t steps = 0; ///< All steps of the plan, as estimated; see `counts`.
    engine::RunResult result;
    std::uint64_t rejected = 0; ///< Failed steps whose content the service refused.
    std::uint64_t outside = 0;  ///< Failed steps of the file that are not in the part that was run.
    bool has_lines = true;      ///< The manifest has.
    std::optional<NextRun> counts; ///< The plan and its run directory, if they can be read.
    std::string currency = "USD";
    std::string share; ///< This shard's part of the budget: "2 generations"; "" for the whole.
    double seconds = 0;
    int exit = 0;
    bool settles = false;       ///< It was to buy nothing (`run --settle`).
    std::string advice_on_rest; ///< Then, how to go on with the rest; "" for the usual way.
    std::string url;            ///< The service's.
    std::optional<engine::Problem> last_failure; ///< The last of any step in this run.
    UnknownSteps unknown;
    SecondCharges charges; ///< Those of this run.

    /// Returns the steps of the plan by their state: by `counts`, or else as the run has seen them.
    StepsByState by_state() const;
};

/// Returns the object of `--json`; the order of the keys is fixed.
json::Value to_json(Closing const& closing);

/// Returns printable lines for standard error: how it ended, the results and where they are, the
/// next step.
std::vector<Worded> closing_words(Closing const& closing);

} // namespace darkroom::report
