#include "runner/export/picked_images.hpp"

#include "runner/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::exports {

Result<PickedImages> PickedImages::read(std::string_view text) {
    PickedImages picked;
    if (text.empty()) return picked;
    json::ReadLimits limits;
    limits.bytes = jobs::picks_bytes_max;
    limits.values = 5'000'000;
    TRY_ASSIGN(auto const value, json::read(text, limits));
    if (value.find("picks") != nullptr) {
        TRY_ASSIGN(picked.picks_, jobs::read_picks(text));
    }
    auto const* images = value.find("images");
    if (images == nullptr || !images->is_object()) return picked;
    for (auto const& [image, mark] : *images->object())
        if (mark.boolean("picked") == true) picked.marks_.insert(image);
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
    if (!row.sha256.empty() && marks_.contains(row.sha256)) return true;
    if (!marks_.empty() && marks_.contains(fmt::format("{}/{}", to_hex(row.key), row.tile)))
        return true;
    auto const above = actions_.find(row.parent_image_id);
    if (above == actions_.end()) return false;
    return std::find(above->second.begin(), above->second.end(), row.action) != above->second.end();
}

} // namespace darkroom::exports
