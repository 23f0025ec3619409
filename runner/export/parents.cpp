#include "runner/export/parents.hpp"

namespace darkroom::exports {

void Parents::note(std::size_t number, std::size_t source, engine::ManifestRow const& row) {
    pictures_.push_back({source, row.job, row.item, row.tile, row.parent_image_id});
    if (!row.image_id.empty()) by_image_.emplace(std::make_pair(source, row.image_id), number);
}

std::optional<std::size_t> Parents::find(std::size_t child) const {
    auto const& below = pictures_.at(child);
    if (below.parent_image_id.empty()) return std::nullopt;
    std::optional<std::size_t> best;
    int best_rank = -1;
    auto const [first, last] = by_image_.equal_range({below.source, below.parent_image_id});
    for (auto found = first; found != last; ++found) {
        if (found->second == child) continue;
        auto const& above = pictures_[found->second];
        bool const is_same_item = above.job == below.job && above.item == below.item;
        int const rank = (is_same_item ? 2 : 0) + (above.tile == 0 ? 1 : 0);
        if (rank <= best_rank) continue;
        best = found->second;
        best_rank = rank;
    }
    return best;
}

} // namespace darkroom::exports
