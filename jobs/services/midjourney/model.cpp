#include "jobs/services/midjourney/model.hpp"

#include "jobs/services/midjourney/actions.hpp"
#include "jobs/services/midjourney/endpoints.hpp"
#include "jobs/services/midjourney/kinds.hpp"
#include "jobs/services/midjourney/params.hpp"

namespace darkroom::jobs::midjourney {

namespace {

void add(json::Value& body, json::Value const& fields) {
    if (auto const* members = fields.object()) {
        for (auto const& [key, value] : *members) body.set(key, value);
    }
}

json::Value first_body(Endpoint const& endpoint, FirstRequest const& request) {
    json::Value body;
    if (!request.image.empty()) body.set(endpoint.source, request.image);
    if (!request.prompt.empty()) body.set(endpoint.prompt, request.prompt);
    if (endpoint.draws()) {
        body.set("action", "generate");
        body.set("mode", "fast");
    }
    add(body, request.fields);
    return body;
}

/// A follow-up keeps the mode of the image it comes from, unless its branch sets another.
json::Value follow_up_body(Endpoint const& endpoint, FollowUp const& request) {
    json::Value body = json::Object();
    if (endpoint.action.empty()) {
        body.set("action", request.action);
        body.set("mode", request.mode);
    } else if (endpoint.draws()) {
        body.set("action", "generate");
    }
    add(body, request.fields);
    return body;
}

/// A grid of 2048² and a picture of 1024² as measured; the others by their number of pixels.
std::uint64_t assumed_bytes(std::string_view action) {
    constexpr std::uint64_t of_2048 = 4'750'000;
    constexpr std::uint64_t of_1024 = 1'110'000;
    constexpr std::uint64_t of_a_text = 500;
    constexpr std::uint64_t of_a_video = 3'000'000;
    constexpr std::uint64_t videos_of_an_image = 4;
    switch (model.made_by(action)) {
    case ResultKind::text: return of_a_text;
    case ResultKind::video: return of_a_video * videos_of_an_image;
    case ResultKind::grid:
    case ResultKind::edited: return of_2048;
    case ResultKind::single: break;
    }
    if (action.ends_with("_4x")) return of_2048 * 4;
    return action.find('_') == std::string_view::npos ? of_1024 : of_2048;
}

} // namespace

constinit ServiceModel const model{
    .name = "midjourney",
    .url = "https://api.acedata.cloud",
    .has_built_in = true,
    .follow_ups = follow_ups,
    .first_actions = first_actions,
    .endpoints = endpoints,
    .kinds = kinds,
    .fields = fields,
    .identity = {"darkroom step 1", defaults, delivery_members, text_members},
    .first_body = first_body,
    .follow_up_body = follow_up_body,
    .assumed_bytes = assumed_bytes,
    .images_max = 5,
    .ids_are_digits = true,
    .mode_in = "mode",
    .usual_mode = "fast",
    .grid_mark = "upscale1",
    .translates_in = "translation",
    .input_members = input_members,
    .tiles_in = "split_images",
    .misnomers = misnomers,
    .misleading_globs = misleading_globs,
    .params = &prompt_params,
};

} // namespace darkroom::jobs::midjourney
