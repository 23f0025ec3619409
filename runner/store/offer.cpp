#include "runner/store/offer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace darkroom::store {

namespace {

// Journals hold these bits: a new action goes to the end, and none is ever moved or taken out.
constexpr std::array<std::string_view, 30> bits{
    "upscale1",
    "upscale2",
    "upscale3",
    "upscale4",
    "reroll",
    "variation1",
    "variation2",
    "variation3",
    "variation4",
    "upscale_2x",
    "upscale_4x",
    "variation_subtle",
    "variation_strong",
    "zoom_out_2x",
    "zoom_out_1_5x",
    "pan_left",
    "pan_right",
    "pan_up",
    "pan_down",
    "upscale_subtle",
    "upscale_creative",
    "square",
    "redo_upscale_2x",
    "redo_upscale_4x",
    "redo_upscale_subtle",
    "redo_upscale_creative",
    "variation_region",
    "describe",
    "seed",
    "video",
};

} // namespace

std::int64_t offer_of(std::span<std::string const> actions) {
    std::int64_t offer = 0;
    for (auto const& action : actions) {
        auto const bit = std::find(bits.begin(), bits.end(), action);
        if (bit == bits.end()) return offer_not_told;
        offer |= std::int64_t{1} << (bit - bits.begin());
    }
    return offer;
}

std::vector<std::string> actions_of(std::int64_t offer) {
    std::vector<std::string> actions;
    for (std::size_t bit = 0; bit < bits.size(); ++bit) {
        if ((offer >> bit & 1) != 0) actions.emplace_back(bits[bit]);
    }
    return actions;
}

bool is_offer_known(std::int64_t offer) { return offer >= 0 && offer >> bits.size() == 0; }

} // namespace darkroom::store
