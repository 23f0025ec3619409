#include "jobs/plan/plan.hpp"

#include "jobs/plan/combinations.hpp"
#include "jobs/plan/item_cursor.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// Above this number of items a shard's part is estimated and not counted.
constexpr std::uint64_t counted_max = 100'000;

bool is_wanted(JobSpec const& job, PlanOptions const& options) {
    return options.only.empty() || options.only.contains(job.id);
}

} // namespace

bool Shard::has(Item const& item) const {
    auto const repeat = rule == ShardRule::by_request ? 0 : item.repeat;
    auto const key = step_key(item.request, std::nullopt, repeat);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(number); ++i) number = number << 8 | key[i];
    return number % count == index - 1;
}

struct Plan::State {
    State(JobFile const& the_file, PlanOptions the_options)
        : file(the_file), options(std::move(the_options)) {}

    JobFile const& file;
    PlanOptions options;
    std::size_t job = 0;
    std::optional<ItemCursor> cursor; ///< In file.jobs[job]; nothing before its first item.
    std::shared_ptr<Item const> made; ///< The item at which it is, once it is made.
    std::uint64_t given = 0;

    /// Goes to the next item, in the shard or not; returns false at the end of the plan.
    Result<bool> advance() {
        for (; job < file.jobs.size(); ++job) {
            auto const& spec = *file.jobs[job];
            if (!is_wanted(spec, options)) continue;
            if (!cursor) cursor.emplace(spec);
            auto moved = cursor->advance();
            if (moved.has_error() || *moved) return moved;
            cursor.reset();
        }
        return false;
    }

    /// Returns the item at which the cursor is.
    std::shared_ptr<Item const> const& item() {
        if (!made) made = cursor->item();
        return made;
    }

    /// Goes to the next item of the plan; returns false at its end.
    Result<bool> to_next() {
        while (!options.limit || given < *options.limit) {
            TRY_ASSIGN(bool const has_item, advance());
            if (!has_item) break;
            made.reset();
            if (options.shard && !options.shard->has(*item())) continue;
            ++given;
            return true;
        }
        return false;
    }
};

Plan::Plan(JobFile const& file, PlanOptions options)
    : state_(std::make_unique<State>(file, std::move(options))) {}

Plan::~Plan() = default;

Result<std::shared_ptr<Item const>> Plan::next() {
    TRY_ASSIGN(bool const has_item, state_->to_next());
    return has_item ? item() : nullptr;
}

Result<std::optional<ItemMark>> Plan::next_mark() {
    TRY_ASSIGN(bool const has_item, state_->to_next());
    if (!has_item) return std::optional<ItemMark>();
    return std::optional(ItemMark{state_->cursor->mark(), state_->file.jobs[state_->job].get()});
}

std::shared_ptr<Item const> Plan::item() const { return state_->item(); }

std::uint64_t count_items(JobSpec const& job, std::optional<Shard> const& shard) {
    auto const items = count_items(job);
    if (!shard) return items;
    if (items > counted_max) return items / shard->count;
    ItemCursor cursor(job);
    std::uint64_t count = 0;
    for (auto moved = cursor.advance(); moved.has_value() && *moved; moved = cursor.advance())
        count += shard->has(*cursor.item()) ? 1 : 0;
    return count;
}

std::uint64_t count_items(JobFile const& file, PlanOptions const& options) {
    std::uint64_t sum = 0;
    for (auto const& job : file.jobs) {
        if (is_wanted(*job, options)) sum = plus(sum, count_items(*job, options.shard));
    }
    return options.limit ? std::min(sum, *options.limit) : sum;
}

} // namespace darkroom::jobs
