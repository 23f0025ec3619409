// Updates about tasks that nobody waits for yet. Pure.
#pragma once

#include "runner/engine/ports.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace darkroom::engine {

/// Keeps the last words that came before the answer that names their task; the newest only.
class EarlyUpdates {
public:
    /// `update` has an outcome.
    void keep(TaskUpdate update) {
        if (updates_.size() == kept_max) updates_.pop_front(); // a question will find that one
        updates_.push_back(std::move(update));
    }
    /// Returns the outcome of a task, once.
    std::optional<Outcome> take(std::string const& task_id) {
        auto const found =
            std::find_if(updates_.begin(), updates_.end(), [&task_id](TaskUpdate const& update) {
                return update.task_id == task_id;
            });
        if (found == updates_.end()) return std::nullopt;
        auto outcome = std::move(found->outcome);
        updates_.erase(found);
        return outcome;
    }

private:
    static constexpr std::size_t kept_max = 256;
    std::deque<TaskUpdate> updates_;
};

} // namespace darkroom::engine
