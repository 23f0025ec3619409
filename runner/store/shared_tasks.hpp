// Tasks that more than one step has as its own.
#pragma once

#include "runner/store/journal_reader.hpp"

#include <string>
#include <utility>
#include <vector>

namespace darkroom::store {

/// A task that was paid once and is the result of several steps: one of them has the wrong picture.
struct SharedTask {
    std::string task_id;
    std::vector<std::pair<Digest, engine::StepInfo>> steps;
};

/// Returns the tasks that several steps have, by their ids. Reads the few tasks only that several
/// steps have named. Errors: as of JournalReader.
Result<std::vector<SharedTask>> shared_tasks(JournalReader& journal);

} // namespace darkroom::store
