// The items of a plan, each with what the plan says of its lines.
#pragma once

#include "jobs/plan/step.hpp"
#include "runner/base/error.hpp"
#include "runner/store/file_name.hpp"
#include "runner/store/manifest_columns.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace darkroom::store {

/// The plan whose lines are wanted. What it points to outlives the arrangement.
struct PlanOfLines {
    std::function<Result<std::shared_ptr<jobs::Item const>>()> next_item;
    jobs::Picks picks;
    Layout layout;
    std::atomic<bool> const* stop = nullptr; ///< Set from outside; null: never.
};

/// The columns that the plan says of an item, as JSON.
class ItemColumns {
public:
    explicit ItemColumns(jobs::Item const& item);
    /// Replaces these columns; this must outlive the line.
    void put_into(LineColumns& line) const;

private:
    std::string job_, item_, variables_, drawn_, root_prompt_;
};

} // namespace darkroom::store
