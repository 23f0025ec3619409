// A cache of the states of the steps that were used last.
#pragma once

#include "runner/store/journal_row.hpp"

#include <cstddef>
#include <cstring>
#include <list>
#include <unordered_map>
#include <utility>

namespace darkroom::store {

/// A digest is its own hash.
struct DigestHash {
    std::size_t operator()(Digest const& digest) const {
        std::size_t hash = 0;
        std::memcpy(&hash, digest.data(), sizeof hash);
        return hash;
    }
};

/// A step's record with every fact appended so far, durable or not.
struct CachedStep {
    StepRecord record;
    int uncommitted =
        0; ///< Facts that are not in the database yet; the entry stays while there are any.
};

/// Keeps the steps used last, and all with uncommitted facts: for those the database has an older
/// state. Memory is bounded by `idle_max` plus what is being committed.
class StepCache {
public:
    explicit StepCache(std::size_t idle_max) : idle_max_(idle_max) {}

    /// Returns nullptr when the step must be read from the database. Valid until the next put().
    CachedStep* find(Digest const& step);
    CachedStep& put(Digest const& step, StepRecord record);
    std::size_t size() const { return places_.size(); }
    /// Returns true while no step has been evicted.
    bool has_all() const { return !has_evicted_; }

    template <class Take>
    void for_each_uncommitted(Take take) const {
        for (auto const& [step, cached] : by_use_) {
            if (cached.uncommitted > 0) take(step, cached.record);
        }
    }

private:
    using Entries = std::list<std::pair<Digest, CachedStep>>;

    void evict();

    std::size_t idle_max_;
    bool has_evicted_ = false;
    Entries by_use_; // the last used one is first
    std::unordered_map<Digest, Entries::iterator, DigestHash> places_;
};

} // namespace darkroom::store
