// One step while a run works on it.
#pragma once

#include "runner/engine/admission.hpp"
#include "runner/engine/step_machine.hpp"
#include "runner/engine/task_search.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::engine {

/// The image that a follow-up works on, with what the follow-up needs to know about it.
struct ParentImage {
    ImageAbove image;
    std::vector<std::string> actions;
    std::string account; ///< The only account that can work on it.
    std::string task_id; ///< The task that made it: its record has a fresh link.
};

/// A step's facts and what this run remembers about it. Lives in the frame of the coroutine that
/// runs the step.
struct StepRun {
    Digest key{};
    StepState state;
    jobs::Step step; ///< Without an item and `then` for what an earlier run left half-way.
    std::shared_ptr<ParentImage const> parent; ///< Null for a first generation.
    Priority priority;
    StepOutcome left = StepOutcome::ready;   ///< The state in which this run left an equal step.
    std::optional<Admission::Permit> permit; ///< Held while a request of this run is open.
    std::string fresh_url;       ///< The newest link of the image above; "" while it has the first.
    int links_refused = 0;       ///< The number of times that the link may have been refused.
    std::optional<Time> sent_at; ///< When this run last sent the step; none: an earlier run did.
    /// Set when an attempt that was called failed has succeeded. Rare, so it is not in the frame.
    std::unique_ptr<LateAnswer> late_answer;
    Duration wait{}; ///< The pause before the next attempt.
    int rate_in_a_row = 0;

    ImageAbove above() const {
        auto image = parent ? parent->image : ImageAbove();
        if (!fresh_url.empty()) image.url = fresh_url;
        return image;
    }
    /// Returns whether the service has to load the image above from its link.
    bool works_by_link() const { return parent && step.request.row().image_by_link; }
};

/// Lets a running step be found while this exists.
class RunningStep {
public:
    RunningStep(std::map<Digest, StepRun*>& all, StepRun& run) : all_(all), key_(run.key) {
        all_.insert_or_assign(key_, &run);
    }
    RunningStep(RunningStep const&) = delete;
    RunningStep& operator=(RunningStep const&) = delete;
    ~RunningStep() { all_.erase(key_); }

private:
    std::map<Digest, StepRun*>& all_;
    Digest key_;
};

/// Makes the request of a step's open attempt.
Submission submission_of(StepRun const& run);
/// Reads what the open attempt of a step asks for.
RequestMarks marks_of_step(StepState const& state);
/// Returns the digest by which the ledger knows a step's request; equal requests have equal ones.
Digest request_digest(StepInfo const& info);
/// Describes the open attempt of a step, or the one that finished it, as a search needs it.
LostRequest lost_request(Digest const& step, StepState const& state);
/// Describes the task of a step's last attempt, which the service has named.
KnownTask known_task(Digest const& step, StepState const& state, WallTime named_at);

/// Writes down what happens to a step. The conductor is the only one.
class StepLog {
public:
    virtual ~StepLog() = default;
    /// Completes when the fact is durable, and shown. Throws operation_aborted when it cannot be
    /// written; the run is ending then.
    virtual awaitable<void> record(StepRun& run, Fact fact) = 0;
    /// Records a final failure, and counts it.
    virtual awaitable<void> give_up(StepRun& run, Problem problem) = 0;
};

} // namespace darkroom::engine
