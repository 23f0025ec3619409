#include "runner/store/journal_cache.hpp"

namespace darkroom::store {

CachedStep* StepCache::find(Digest const& step) {
    auto const place = places_.find(step);
    if (place == places_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, place->second);
    return &place->second->second;
}

CachedStep& StepCache::put(Digest const& step, StepRecord record) {
    evict();
    by_use_.emplace_front(step, CachedStep{std::move(record), 0});
    places_.emplace(step, by_use_.begin());
    return by_use_.front().second;
}

/// Checks two entries per put(): enough to return to the size limit, without a search while all are
/// busy.
void StepCache::evict() {
    for (int looked = 0; looked < 2 && places_.size() >= idle_max_; ++looked) {
        auto const last = std::prev(by_use_.end());
        if (last->second.uncommitted > 0) {
            by_use_.splice(by_use_.begin(), by_use_, last);
            continue;
        }
        has_evicted_ = true;
        places_.erase(last->first);
        by_use_.erase(last);
    }
}

} // namespace darkroom::store
