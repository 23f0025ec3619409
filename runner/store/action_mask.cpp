#include "runner/store/action_mask.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace darkroom::store {

namespace {

// stored: never renumber. The position is the bit in the journal: a new action goes to the end, and
// none is ever moved or removed.
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

std::int64_t action_mask_of(std::span<std::string const> actions) {
    std::int64_t mask = 0;
    for (auto const& action : actions) {
        auto const bit = std::find(bits.begin(), bits.end(), action);
        if (bit == bits.end()) return unknown_action_mask;
        mask |= std::int64_t{1} << (bit - bits.begin());
    }
    return mask;
}

std::vector<std::string> actions_of(std::int64_t mask) {
    std::vector<std::string> actions;
    for (std::size_t bit = 0; bit < bits.size(); ++bit) {
        if ((mask >> bit & 1) != 0) actions.emplace_back(bits[bit]);
    }
    return actions;
}

bool is_known_action_mask(std::int64_t mask) { return mask >= 0 && mask >> bits.size() == 0; }

} // namespace darkroom::store
