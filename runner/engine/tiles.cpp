#include "runner/engine/tiles.hpp"

#include "runner/base/json.hpp"

#include <algorithm>

namespace darkroom::engine {

namespace {

constexpr int tiles_of_a_grid = 4;
constexpr int videos_after_the_first = 15;

} // namespace

int tiles_max(StepInfo const& info) {
    bool const is_video = info.service->made_by(info.action) == jobs::ResultKind::video;
    return is_video ? videos_after_the_first : tiles_of_a_grid;
}

int tiles_asked(StepInfo const& info, Answer const& answer) {
    auto const& service = *info.service;
    auto const request = json::read(info.request);
    if (!request || !request->boolean(service.tiles_in).value_or(false)) return 0;
    if (kind_of_result(info) != "image") return 0;
    // The answers of some endpoints name no actions at all.
    bool const is_grid = answer.actions.empty() || offers_tiles(service, answer.actions);
    return is_grid ? tiles_of_a_grid : 0;
}

void complete_tiles(StepInfo const& info, Answer& answer) {
    auto const most = static_cast<std::size_t>(tiles_max(info));
    auto const asked = static_cast<std::size_t>(tiles_asked(info, answer));
    auto const given = std::min(answer.sub_urls.size(), most + 1);
    answer.sub_urls.resize(std::max(given, asked));
}

bool has_tiles(Answer const& answer) {
    return std::any_of(answer.sub_urls.begin(), answer.sub_urls.end(),
                       [](std::string const& url) { return !url.empty(); });
}

} // namespace darkroom::engine
