// The items of a plan, each with what the plan says of its lines.
#pragma once

#include "jobs/plan/step.hpp"
#include "runner/base/error.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/plan_of_lines.hpp"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::store {

/// The columns that the plan says of an item, as JSON.
class ItemColumns {
public:
    explicit ItemColumns(jobs::Item const& item);
    /// Replaces these columns; this must outlive the line.
    void put_into(LineColumns& line) const;
    std::size_t size() const; ///< In bytes.

private:
    std::string job_, item_, variables_, drawn_, root_prompt_;
};

/// An item with its first step.
struct PlannedItem {
    explicit PlannedItem(std::shared_ptr<jobs::Item const> item);

    ItemColumns columns;
    jobs::Step first;
};

/// Goes through a plan. Another thread makes the next items meanwhile, in batches: each is handed
/// over as a whole, so that no two threads share anything that changes.
class PlannedItems {
public:
    explicit PlannedItems(PlanOfLines const& plan); ///< `plan` must outlive this.

    /// Returns the next item, valid until the next call; null at the end, or when the plan was
    /// stopped. Errors and exceptions: those of next_item().
    Result<PlannedItem const*> next();

private:
    struct Batch {
        std::vector<PlannedItem> items;
        std::optional<Error> failure = std::nullopt; ///< After these items.
        bool is_last = false;
    };

    void begin_batch();
    static Batch read_batch(PlanOfLines const& plan);

    PlanOfLines const& plan_;
    Batch batch_;
    std::size_t position_ = 0;  // in the batch
    std::future<Batch> coming_; // the last member: its thread ends before the rest
};

} // namespace darkroom::store
