#include "runner/studio/paint/samples.hpp"

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace {

struct Sample {
    std::string_view name;
    std::string_view prompt;
    std::uint64_t seed;
};

/// The inputs of the article, and a few more to blend.
constexpr std::array samples{
    Sample{"road", "a road at sunset, trees and houses beside it", 11},
    Sample{"bear", "a toy bear, brown and soft", 23},
    Sample{"chainsaw", "an orange chainsaw on grey steel", 37},
    Sample{"beach", "a beach at noon, turquoise water", 41},
    Sample{"lighthouse", "a lighthouse in fog, red and white", 53},
};

} // namespace

std::vector<std::string_view> sample_names() {
    std::vector<std::string_view> names;
    for (auto const& sample : samples) names.push_back(sample.name);
    return names;
}

std::optional<Picture> sample_picture(std::string_view file_name) {
    constexpr std::string_view suffix = ".png";
    if (!file_name.ends_with(suffix)) return std::nullopt;
    file_name.remove_suffix(suffix.size());
    auto const* const found = std::find_if(
        samples.begin(), samples.end(), [&](Sample const& each) { return each.name == file_name; });
    if (found == samples.end()) return std::nullopt;
    GenerateRequest request;
    request.prompt = std::string(found->prompt) + " --ar 3:2";
    request.seed = found->seed;
    auto picture = generate(request);
    picture.scenes.resize(1); // a single picture, as a photograph would be
    return picture;
}

std::optional<std::string_view> sample_of_link(std::string_view link) {
    if (!link.starts_with(sample_host)) return std::nullopt;
    return link.substr(sample_host.size());
}

} // namespace darkroom::studio
