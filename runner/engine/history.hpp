// Reading what runs have done: the port of the commands and pages that show a run directory.
#pragma once

#include "runner/engine/manifest_row.hpp"
#include "runner/engine/ports.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace darkroom::engine {

/// Where a step stands, without its facts: enough to skip, to count and to sum.
struct StepRow {
    Digest key{};
    Phase phase = Phase::wanted;
    bool gave_up = false;   ///< Failed, or paid with an image given up.
    bool unsettled = false; ///< See StepState::unsettled().
    jobs::Micros price = 0; ///< Reserved while the step is open, its cost once it is finished.
    int images = 0;         ///< Saved ones.
};

/// The steps of each phase; and how many were given up.
struct StepCounts {
    std::array<std::int64_t, 5> by_phase{}; ///< Indexed by Phase.
    std::array<jobs::Micros, 5> prices{};   ///< The sum of their prices.
    std::int64_t gave_up = 0;               ///< Failed, or paid with an image given up.
    std::int64_t paid_again = 0;            ///< See StepState::charges_again.
    jobs::Micros cost_again = 0;            ///< The sum of their costs.

    std::int64_t of(Phase phase) const { return by_phase.at(static_cast<std::size_t>(phase)); }
    Totals totals() const;
};

/// One run directory's history. Rows come one at a time, so that a million of them take no memory;
/// a callback's error ends the walk and is returned. Each call sees every fact that was durable
/// before it. Errors: of the disk, or a damaged journal.
class History {
public:
    virtual ~History() = default;

    virtual Result<StepCounts> counts() = 0;
    virtual Result<std::int64_t> count_images() = 0; ///< Pictures and videos; texts are none.
    /// Returns the payments of each account; open steps are not in it.
    virtual Result<std::map<std::string, Totals>> paid_by_account() = 0;

    /// Returns one step's row; none when it has no fact.
    virtual Result<std::optional<StepRow>> find(Digest const& step) = 0;
    /// Returns the sum of a step's facts; that of a new step when there are none.
    virtual Result<StepState> state_of(Digest const& step) = 0;

    /// Gives each saved image, in the order of the manifest.
    virtual Result<> for_each_image(std::function<Result<>(ManifestRow const&)> const& take) = 0;
    /// Gives each step that was given up, by its last fact: the rows of failed.jsonl.
    virtual Result<> for_each_failed(std::function<Result<>(FailedRow const&)> const& take) = 0;
    /// Gives each step that was sent and has no last word, by its last fact: in flight, or unknown
    /// when no run is at work.
    virtual Result<> for_each_open(std::function<Result<>(FailedRow const&)> const& take) = 0;
    /// Gives the times at which steps were finished, the last one first. `take` returns false to
    /// end the walk.
    virtual Result<> for_each_finished_backwards(std::function<bool(WallTime)> const& take) = 0;
    /// Gives each charge besides that of a finished attempt, with its step.
    virtual Result<> for_each_charged_again(
        std::function<Result<>(Digest const&, ChargedAgain const&)> const& take) = 0;
};

} // namespace darkroom::engine
