#include "runner/store/planned_items.hpp"

#include "runner/engine/manifest_row.hpp"

#include <numeric>
#include <utility>

namespace darkroom::store {

namespace {

// Large enough that a thread's start costs little; the bytes count where requests hold pictures.
constexpr std::size_t batch_items_max = 2048;
constexpr std::size_t batch_bytes_max = 4u << 20;

std::size_t size_of(jobs::Request const& request) {
    auto const* members = request.body.object();
    if (members == nullptr) return 0;
    auto const add = [](std::size_t sum, json::Member const& member) {
        auto const* text = member.second.string();
        return sum + (text != nullptr ? text->size() : 0);
    };
    return std::accumulate(members->begin(), members->end(), std::size_t{0}, add);
}

} // namespace

ItemColumns::ItemColumns(jobs::Item const& item)
    : item_(std::to_string(item.index)), variables_(engine::variables_text(item.variables)),
      drawn_(engine::drawn_text(item.drawn)) {
    json::append_text(job_, item.job);
    json::append_text(root_prompt_, item.request.prompt());
}

void ItemColumns::put_into(LineColumns& line) const {
    line.set(Column::job, job_);
    line.set(Column::item, item_);
    line.set(Column::variables, variables_);
    line.set(Column::drawn, drawn_);
    line.set(Column::root_prompt, root_prompt_);
}

std::size_t ItemColumns::size() const {
    return job_.size() + item_.size() + variables_.size() + drawn_.size() + root_prompt_.size();
}

PlannedItem::PlannedItem(std::shared_ptr<jobs::Item const> item)
    : columns(*item), first(jobs::first_step(std::move(item))) {}

PlannedItems::PlannedItems(PlanOfLines const& plan) : plan_(plan) { begin_batch(); }

Result<PlannedItem const*> PlannedItems::next() {
    while (position_ == batch_.items.size()) {
        if (batch_.failure) return *batch_.failure;
        if (batch_.is_last) return nullptr;
        batch_ = coming_.get();
        position_ = 0;
        if (!batch_.is_last) begin_batch();
    }
    return &batch_.items[position_++];
}

/// Where no thread can be started, the batch is made when it is needed.
void PlannedItems::begin_batch() {
    coming_ = std::async(std::launch::async | std::launch::deferred,
                         [&plan = plan_] { return read_batch(plan); });
}

PlannedItems::Batch PlannedItems::read_batch(PlanOfLines const& plan) {
    Batch batch;
    batch.items.reserve(batch_items_max);
    std::size_t bytes = 0;
    while (batch.items.size() < batch_items_max && bytes < batch_bytes_max) {
        auto item = plan.is_stopped() ? nullptr : plan.next_item();
        if (item.has_error()) batch.failure = item.error();
        batch.is_last = item.has_error() || !*item;
        if (batch.is_last) break;
        auto const& added = batch.items.emplace_back(std::move(*item));
        bytes += size_of(added.first.request) + added.columns.size();
    }
    return batch;
}

} // namespace darkroom::store
