#include "jobs/services/midjourney/endpoint.hpp"

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

constexpr std::array<Endpoint, 7> endpoints{{
    {imagine_path, "", "imagine", "image_id", "prompt", ""},
    {"/midjourney/edits", "edit", "edits", "", "prompt", ""},
    {"/midjourney/videos", "video", "videos", "image_url", "prompt", ""},
    {"/midjourney/describe", "describe", "describe", "image_url", "", "descriptions"},
    {"/midjourney/translate", "translate", "translate", "", "content", "content"},
    {"/midjourney/shorten", "shorten", "shorten", "", "prompt", "prompts"},
    {"/midjourney/seed", "seed", "seed", "image_id", "", "seed"},
}};

Endpoint const* find(std::string_view Endpoint::*member, std::string_view value) {
    auto const same = [&](Endpoint const& row) { return row.*member == value; };
    auto const* const found = std::find_if(endpoints.begin(), endpoints.end(), same);
    return found == endpoints.end() ? nullptr : found;
}

} // namespace

Endpoint const& endpoint_at(std::string_view path) {
    auto const* const found = find(&Endpoint::path, path);
    return found != nullptr ? *found : endpoints.front();
}

Endpoint const& endpoint_of(std::string_view action) {
    auto const* const found = find(&Endpoint::action, action);
    return found != nullptr ? *found : endpoints.front();
}

Endpoint const* endpoint_of_type(std::string_view type) { return find(&Endpoint::type, type); }

} // namespace darkroom::jobs
