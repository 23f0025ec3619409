#include "runner/engine/image_orders.hpp"

#include "runner/engine/tiles.hpp"

#include <algorithm>

namespace darkroom::engine {

std::vector<ImageOrder> orders_of(Digest const& key, StepState const& state) {
    std::vector<ImageOrder> orders;
    ImageOrder order;
    order.step = key;
    order.info = state.info;
    order.answer = state.answer;
    order.url = state.answer.url;
    order.width = state.answer.width;
    order.height = state.answer.height;
    orders.push_back(order);
    order.width = order.height = 0; // the service does not say how large a tile is
    for (auto const& url : state.answer.sub_urls) {
        if (order.tile == tiles_max(state.info)) break;
        ++order.tile;
        order.url = url;
        orders.push_back(order);
    }
    return orders;
}

SavedImage const* saved_as(StepState const& state, int tile) {
    auto const found = std::find_if(state.saved.begin(), state.saved.end(),
                                    [tile](SavedImage const& image) { return image.tile == tile; });
    return found == state.saved.end() ? nullptr : &*found;
}

bool names_too_many(StepState const& state) {
    int const most = tiles_max(state.info);
    bool const is_excess = state.answer.sub_urls.size() > static_cast<std::size_t>(most);
    return is_excess && saved_as(state, most + 1) == nullptr;
}

} // namespace darkroom::engine
