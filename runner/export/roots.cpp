#include "runner/export/roots.hpp"

namespace darkroom::exports {

void Roots::note(ItemPlace const& place, engine::ManifestRow const& row) {
    if (!row.path.empty()) return;
    auto const [found, is_new] = roots_.try_emplace(place, Root{row.repeat, row.key});
    if (!is_new && row.repeat < found->second.repeat) found->second = {row.repeat, row.key};
}

Digest Roots::find(ItemPlace const& place, Digest const& other) const {
    auto const found = roots_.find(place);
    return found == roots_.end() ? other : found->second.key;
}

} // namespace darkroom::exports
