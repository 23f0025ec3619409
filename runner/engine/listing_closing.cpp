#include "runner/engine/listing_closing.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace darkroom::engine {

namespace {

/// So many records that stand as before show that what stands below them has not moved. One alone
/// could have moved as well.
int unmoved_needed(std::size_t page, std::size_t before) {
    auto const needed = std::max<std::size_t>(3, page / 8);
    return static_cast<int>(std::min({needed, page, before}));
}

} // namespace

void ListClosing::begin(int arrived) {
    stage_ = Stage::asked;
    arrived_ = arrived;
}

int ListClosing::next_offset(int limit) const {
    return std::max(0, end_ - std::min(overlap_, limit / 2));
}

void ListClosing::add(std::vector<TaskRecord> const& page, int offset, ListPlaces const& walk,
                      KindOf const& kind_of) {
    bool const is_gap = page.empty() || offset > end_ || (end_ > 0 && !joins(page));
    if (is_gap || ++pages_ > pages_max) return fail();
    bool const is_one_page = end_ == 0;
    bool const has_met = meets(page, offset, rounds_ == 0 ? walk : before_, kind_of);
    if (stage_ == Stage::failed) return;
    note(page, offset);
    if (!has_met) return;
    if (is_one_page) {
        stage_ = Stage::good;
        return;
    }
    ++rounds_;
    before_ = std::exchange(round_, {});
    end_ = arrived_ = overlap_ = 0;
}

bool ListClosing::joins(std::vector<TaskRecord> const& page) const {
    return std::any_of(page.begin(), page.end(), [this](TaskRecord const& record) {
        return !record.task_id.empty() && round_.contains(record.task_id);
    });
}

/// Returns whether the page shows enough records that stand as before. A task that has ended
/// since, or whose record was not read before, is none of them. An answer that is older than the
/// walk shows fewer arrivals than the walk has seen.
bool ListClosing::meets(std::vector<TaskRecord> const& page, int offset, ListPlaces const& before,
                        KindOf const& kind_of) {
    int const needed = unmoved_needed(page.size(), before.size());
    int unmoved = 0;
    std::optional<int> shift;
    bool has_met = false;
    for (std::size_t i = 0; i < page.size(); ++i) {
        auto const kind = kind_of(page[i]);
        if (kind == Kind::neither || (has_met && kind == Kind::newer)) {
            fail();
            return false;
        }
        if (has_met) continue;
        auto const found = before.find(page[i].task_id);
        if (found == before.end()) {
            if (!page[i].task_id.empty()) unmoved = 0;
            continue;
        }
        int const moved = offset + static_cast<int>(i) - found->second.at;
        if (moved != shift) unmoved = 0;
        shift = moved;
        bool const is_as_before = found->second.has_ended == page[i].outcome.has_value();
        unmoved += is_as_before ? 1 : 0;
        has_met = unmoved >= needed;
        if (has_met && moved < arrived_) {
            fail();
            return false;
        }
    }
    return has_met;
}

void ListClosing::note(std::vector<TaskRecord> const& page, int offset) {
    for (std::size_t i = 0; i < page.size(); ++i) {
        auto const place = offset + static_cast<int>(i);
        round_.emplace(page[i].task_id, ListPlace{place, page[i].outcome.has_value()});
    }
    end_ = std::max(end_, offset + static_cast<int>(page.size()));
    overlap_ = std::max(1, static_cast<int>(page.size()) / 8);
}

} // namespace darkroom::engine
