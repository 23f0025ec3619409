#include "runner/export/picked_images.hpp"

#include <algorithm>

namespace darkroom::exports {

Result<PickedImages> PickedImages::read(std::string_view text) {
    PickedImages picked;
    if (text.empty()) return picked;
    TRY_ASSIGN(picked.picks_, jobs::read_picks(text));
    return picked;
}

void PickedImages::note(engine::ManifestRow const& row) {
    auto const found = picks_.by_image.find(row.key);
    if (found != picks_.by_image.end() && !row.image_id.empty())
        actions_[row.image_id] = found->second;
}

bool PickedImages::has(ListedRow const& listed) const {
    auto const& row = listed.row;
    if (listed.picked == true) return true;
    if (picks_.has_picked(row.sha256, row.key, row.tile)) return true;
    auto const above = actions_.find(row.parent_image_id);
    if (above == actions_.end()) return false;
    return std::find(above->second.begin(), above->second.end(), row.action) != above->second.end();
}

} // namespace darkroom::exports
