// Takes what the service says about a task when its step has long been settled.
#pragma once

#include "runner/engine/active_steps.hpp"
#include "runner/engine/settlement.hpp"

#include <map>

namespace darkroom::engine {

/// The parts of a run that late words use; they outlive it.
struct LateWordsParts {
    Settlement& settlement;
    Delivery& delivery;
    ActiveSteps& active;
    std::map<Digest, StepRun*> const& running;
    StepLog& log;
    TaskGroup& steps;
    Tally& tally;
};

/// An attempt that was called failed has succeeded after all; or a listing shows which task a text
/// is of, whose answer named none.
class LateWords {
public:
    /// Listens to `known`, which it may outlive.
    LateWords(KnownTasks& known, Journal& journal, LateWordsParts parts);
    LateWords(LateWords const&) = delete;
    LateWords& operator=(LateWords const&) = delete;

private:
    awaitable<void> take_success(Digest key, LateAnswer late);
    awaitable<void> take_name(LostRequest request, std::string task_id);
    StepRun run_of(Digest const& key) const;

    Journal& journal_;
    LateWordsParts parts_;
};

} // namespace darkroom::engine
