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

/// Looks at one entry a put(): enough to hold the size, without a search when all are busy.
void StepCache::evict() {
    if (places_.size() < idle_max_) return;
    auto const last = std::prev(by_use_.end());
    if (last->second.uncommitted > 0) {
        by_use_.splice(by_use_.begin(), by_use_, last);
        return;
    }
    places_.erase(last->first);
    by_use_.erase(last);
}

} // namespace darkroom::store
