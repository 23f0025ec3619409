// The lazy sequence of the items of a job file.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/plan/step.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace darkroom::jobs {

/// Says how an item's part follows from it. Stored: never renumber.
enum class ShardRule {
    by_step = 1, ///< From its first step's key: repeats of one request are in several parts.
    by_request =
        2, ///< From its request: equal requests are in one part, so that one run knows all.
};

/// One of `count` parts of a plan. An item's part follows from its request and from nothing else,
/// so that an edit of the file moves no item to another part.
struct Shard {
    std::uint64_t index = 1; ///< From 1 to `count`.
    std::uint64_t count = 1;
    ShardRule rule = ShardRule::by_request;
    bool has(Item const& item) const;
};

struct PlanOptions {
    std::set<std::string> only;         ///< Job ids; empty: all.
    std::optional<std::uint64_t> limit; ///< Items in all.
    std::optional<Shard> shard = {};
};

/// An item, as far as equal ones are counted by it.
struct ItemMark {
    std::uint64_t mark = 0;       ///< See mark_of().
    JobSpec const* job = nullptr; ///< Never null.
};

/// Makes items one at a time in file order: memory does not grow with their number.
class Plan {
public:
    Plan(JobFile const& file,
         PlanOptions options = PlanOptions()); ///< `file` must outlive the plan.
    ~Plan();
    /// Returns the next item, or null at the end. Errors: a table cannot be read, a row is wrong.
    Result<std::shared_ptr<Item const>> next();
    /// Goes to the next item as next() does; returns its mark, or null at the end.
    Result<std::optional<ItemMark>> next_mark();
    /// Returns the item that next_mark() went to.
    std::shared_ptr<Item const> item() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Counts the items of a file without making them. For a shard of a job with more than 100,000
/// items it returns an estimate.
std::uint64_t count_items(JobFile const& file, PlanOptions const& options);
/// Counts the items of one job in the same way.
std::uint64_t count_items(JobSpec const& job, std::optional<Shard> const& shard);

} // namespace darkroom::jobs
