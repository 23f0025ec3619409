// A tree of nodes with something in it replaced; what stays is shared.
#pragma once

#include "jobs/yaml/node.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace darkroom::jobs {

/// `map` with one value replaced by what `change` makes of it.
template <class Change>
NodePtr changed(NodePtr const& map, std::string_view key, Change const& change) {
    auto const* member = map->find(key);
    if (!member) return map;
    auto result = std::make_shared<Node>(*map);
    auto& slot = result->members[static_cast<std::size_t>(member - map->members.data())];
    slot.value = change(slot.value);
    return result;
}

/// `list` with each of its elements replaced by what `change` makes of it.
template <class Change>
NodePtr each_changed(NodePtr const& list, Change const& change) {
    auto result = std::make_shared<Node>(*list);
    for (auto& item : result->items) item = change(item);
    return result;
}

} // namespace darkroom::jobs
