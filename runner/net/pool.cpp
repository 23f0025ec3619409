#include "runner/net/pool.hpp"

#include <algorithm>

namespace darkroom::net {

std::shared_ptr<Connection> Pool::take(std::string const& key) {
    drop_old();
    auto const found = places_.find(key);
    if (found == places_.end()) return nullptr;
    auto& places = found->second;
    while (!places.empty()) {
        auto connection = std::move(places.back().connection);
        places.pop_back();
        --resting_;
        if (connection->is_quiet()) return connection;
    }
    return nullptr;
}

void Pool::give(std::string const& key, std::shared_ptr<Connection> connection) {
    drop_old();
    if (resting_ >= limits_.resting_max) return;
    connection->rest();
    places_[key].push_back(Place{std::move(connection), clock_.now()});
    ++resting_;
}

void Pool::drop_old() {
    auto const limit = clock_.now() - limits_.age_max;
    for (auto entry = places_.begin(); entry != places_.end();) {
        auto& places = entry->second;
        auto const young = std::find_if(places.begin(), places.end(),
                                        [&](Place const& place) { return place.since > limit; });
        resting_ -= static_cast<std::size_t>(young - places.begin());
        places.erase(places.begin(), young);
        entry = places.empty() ? places_.erase(entry) : std::next(entry);
    }
}

} // namespace darkroom::net
