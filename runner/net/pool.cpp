#include "runner/net/pool.hpp"

#include <algorithm>
#include <cassert>

namespace darkroom::net {

std::shared_ptr<Connection> Pool::take(std::string const& key) {
    drop_old();
    auto const found = idle_.find(key);
    if (found == idle_.end()) return nullptr;
    auto& connections = found->second;
    while (!connections.empty()) {
        auto connection = std::move(connections.back().connection);
        connections.pop_back();
        remove(1);
        if (connection->is_quiet()) return connection;
    }
    return nullptr;
}

void Pool::give(std::string const& key, std::shared_ptr<Connection> connection) {
    drop_old();
    if (idle_count_ >= limits_.idle_max) return;
    connection->lift_limit();
    idle_[key].push_back(Idle{std::move(connection), clock_.now()});
    ++idle_count_;
}

void Pool::remove(std::size_t count) {
    assert(count <= idle_count_);
    idle_count_ -= count;
}

void Pool::drop_old() {
    auto const limit = clock_.now() - limits_.age_max;
    for (auto entry = idle_.begin(); entry != idle_.end();) {
        auto& connections = entry->second;
        auto const young = std::find_if(connections.begin(), connections.end(),
                                        [&](Idle const& one) { return one.since > limit; });
        remove(static_cast<std::size_t>(young - connections.begin()));
        connections.erase(connections.begin(), young);
        entry = connections.empty() ? idle_.erase(entry) : std::next(entry);
    }
}

} // namespace darkroom::net
