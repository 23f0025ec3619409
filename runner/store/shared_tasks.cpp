#include "runner/store/shared_tasks.hpp"

namespace darkroom::store {

Result<std::vector<SharedTask>> shared_tasks(JournalReader& journal) {
    std::vector<std::string> ids;
    TRY(journal.for_each_shared_task([&ids](std::string_view id) { ids.emplace_back(id); }));
    std::vector<SharedTask> shared;
    for (auto const& id : ids) {
        TRY_ASSIGN(auto const steps, journal.steps_of(id));
        SharedTask task{id, {}};
        for (auto const& step : steps) {
            TRY_ASSIGN(auto record, journal.find(step));
            bool const has_it = record.state.task_id == id; // else it only named it
            if (has_it) task.steps.emplace_back(step, std::move(record.state.info));
        }
        if (task.steps.size() > 1) shared.push_back(std::move(task));
    }
    return shared;
}

} // namespace darkroom::store
