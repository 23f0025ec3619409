#include "runner/net/http2_pool.hpp"

#include <algorithm>

namespace darkroom::net {

/// A connection without requests that takes none any more, or has been idle for too long, ends.
std::shared_ptr<Http2Link> Http2Pool::take(std::string const& key) {
    auto const found = links_.find(key);
    if (found == links_.end()) return nullptr;
    auto const oldest = clock_.now() - idle_max;
    std::shared_ptr<Http2Link> with_room;
    std::erase_if(found->second, [&](auto const& link) {
        bool const is_old = link->requests() == 0 && link->idle_since() < oldest;
        bool const has_room = !is_old && link->has_room();
        if (has_room && !with_room) with_room = link;
        return !has_room && link->requests() == 0;
    });
    return with_room;
}

void Http2Pool::add(std::string const& key, std::shared_ptr<Http2Link> link) {
    links_[key].push_back(std::move(link));
}

} // namespace darkroom::net
