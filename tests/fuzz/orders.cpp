// From an answer to the files that are ordered: their number has a limit, whatever the answer
// names, and each file is below the run directory.
#include "runner/base/relative_path.hpp"
#include "runner/engine/answer_limits.hpp"
#include "runner/engine/image_orders.hpp"
#include "runner/engine/tiles.hpp"
#include "runner/provider/midjourney/answers.hpp"
#include "runner/store/file_name.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <set>

using namespace darkroom;
using namespace darkroom::fuzz;

namespace {

constexpr std::size_t images_max = 16;

engine::StepState finished_step(std::string_view action, std::string_view request,
                                engine::Answer const& answer) {
    engine::StepState state;
    state.info.job = "job";
    state.info.action = action;
    state.info.request = request;
    state.phase = engine::Phase::finished;
    state.answer = answer;
    complete_tiles(state.info, state.answer);
    return state;
}

void check_names(std::vector<engine::ImageOrder> const& orders, store::Layout const& layout) {
    for (auto const& order : orders) {
        for (auto const* format : {"png", "jpeg", "mp4"}) {
            auto const name = layout.name(order, format);
            require(stays_below(name), "a file is below the run directory");
            auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
            require(std::none_of(name.begin(), name.end(), is_control), "its name can be shown");
            require(name.size() < 1024, "its name has a limit");
        }
    }
}

void check(engine::StepState const& state) {
    Digest const key{};
    auto const orders = orders_of(key, state);
    require(!orders.empty() && orders.size() <= images_max, "the images have a limit");
    std::set<int> tiles;
    for (auto const& order : orders) {
        require(order.tile >= 0 && order.tile <= tiles_max(state.info), "a tile has a number");
        require(tiles.insert(order.tile).second, "each tile is ordered once");
        require(order.answer.sub_urls.size() <= engine::links_max, "the links have a limit");
        require(order.answer.actions.size() <= engine::actions_max, "the actions have a limit");
        require(order.width >= 0 && order.height >= 0, "a picture has a size or none");
    }
    static auto const plain = store::Layout::parse("{image_id}{tile}").value();
    static auto const deep = store::Layout::parse("images/{job}/{path}/{image_id}").value();
    check_names(orders, plain);
    check_names(orders, deep);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = json::read(text_of(data, size));
    if (!value) return 0;
    auto answer = provider::midjourney::read_answer(*value);
    cut_lists(answer);
    cut_links(answer);
    for (auto const* action : {"generate", "upscale1", "video", "describe"}) {
        for (auto const* request : {"{}", R"({"split_images":true})"})
            check(finished_step(action, request, answer));
    }
    return 0;
}
