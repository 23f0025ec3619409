#include "runner/studio/tasks/work_request.hpp"

#include "runner/base/text.hpp"
#include "runner/studio/http/body_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace {

constexpr std::array<std::string_view, 28> actions{"generate",
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
                                                   "upscale_subtle",
                                                   "upscale_creative",
                                                   "variation_subtle",
                                                   "variation_strong",
                                                   "zoom_out_2x",
                                                   "zoom_out_1_5x",
                                                   "pan_left",
                                                   "pan_right",
                                                   "pan_up",
                                                   "pan_down",
                                                   "square",
                                                   "redo_upscale_2x",
                                                   "redo_upscale_4x",
                                                   "redo_upscale_subtle",
                                                   "redo_upscale_creative",
                                                   "variation_region"};

constexpr std::array<std::string_view, 3> modes{"fast", "relax", "turbo"};

/// Returns the value of `--v` or `--version`, or nothing.
std::string version_of(PromptParts const& parts) {
    for (auto const& param : parts.params)
        for (std::string_view const name : {"--v ", "--version "})
            if (param.starts_with(name)) return param.substr(name.size());
    return {};
}

/// Checks what only some versions of the model can do.
std::optional<ApiError> check_version(WorkRequest const& request) {
    auto const& version = request.version;
    if (version == "8.1" && request.mode == "turbo")
        return bad_request("version 8.1 has no turbo mode; use fast or relax");
    if (version == "8.1" && !request.quality.empty())
        return bad_request("version 8.1 does not take 'quality'");
    bool const is_8 = version.empty() || version == "8" || version.starts_with("8.");
    if (request.quality == "4" && !is_8)
        return bad_request(fmt::format("quality 4 is for version 8 only, not for {}", version));
    return std::nullopt;
}

std::optional<ApiError> check_imagine(WorkRequest const& request) {
    bool const first = request.action == "generate";
    if (!is_known_action(request.action))
        return bad_request(fmt::format("action '{}' is not known{}", request.action,
                                       did_you_mean(request.action, actions)));
    if (!first && request.image_id.empty())
        return bad_request(fmt::format("'image_id' is missing; {} needs it", request.action));
    if (!request.mask.empty() && request.action != "variation_region")
        return bad_request("'mask' is only for variation_region");
    if (first && trim(request.prompt).empty()) return bad_request("prompt is missing");
    if (first && request.parts.words.empty() && request.parts.images.size() < 2 &&
        !request.prompt_error)
        return bad_request(
            "prompt has no words; only a blend of two or more images can do without");
    return check_version(request);
}

/// No list of the actions of edits is published, and a client of the vendor sends others than
/// `generate`, also without a prompt: all of them are taken.
std::optional<ApiError> check_edit(WorkRequest const& request) {
    if (trim(request.action).empty()) return bad_request("action is empty");
    if (request.image_url.empty()) return bad_request("image_url is missing");
    bool const needs_prompt = request.action == "generate";
    if (needs_prompt && trim(request.prompt).empty()) return bad_request("prompt is missing");
    return std::nullopt;
}

std::optional<ApiError> check_video(WorkRequest const& request) {
    if (request.mode == "relax") return bad_request("'mode' must be fast or turbo");
    if (request.action == "extend") {
        if (request.video_id.empty()) return bad_request("'video_id' is missing; extend needs it");
        return std::nullopt;
    }
    if (request.action != "generate")
        return bad_request(
            fmt::format("action '{}' is not known; use generate or extend", request.action));
    if (request.image_url.empty())
        return bad_request("image_url is missing; a video begins with an image");
    return std::nullopt;
}

std::optional<ApiError> check_meaning(WorkRequest const& request) {
    switch (request.kind) {
    case TaskKind::imagine: return check_imagine(request);
    case TaskKind::edits: return check_edit(request);
    case TaskKind::videos: return check_video(request);
    case TaskKind::describe:
        if (request.image_url.empty()) return bad_request("image_url is missing");
        return std::nullopt;
    case TaskKind::translate:
        if (trim(request.content).empty()) return bad_request("content is missing");
        return std::nullopt;
    case TaskKind::shorten:
        if (trim(request.prompt).empty()) return bad_request("prompt is missing");
        return std::nullopt;
    case TaskKind::seed:
        if (request.image_id.empty()) return bad_request("'image_id' is missing");
        return std::nullopt;
    }
    return std::nullopt;
}

/// Reads the members that the three drawing endpoints have in common.
void read_drawing(BodyReader& body, WorkRequest& request) {
    request.action = body.text("action", request.action);
    request.mode = body.text("mode", request.mode);
    if (std::find(modes.begin(), modes.end(), request.mode) == modes.end())
        body.refuse("mode", "fast, relax or turbo");
    request.timeout = body.seconds("timeout", request.timeout);
    request.callback_url = body.text("callback_url");
    request.asynchronous = body.flag("async") || !request.callback_url.empty();
}

void read_imagine(BodyReader& body, WorkRequest& request) {
    request.image_id = body.digits("image_id");
    request.mask = body.text("mask");
    request.split_images = body.flag("split_images");
    request.translation = body.flag("translation");
    // These change nothing here but must still be of their type.
    for (auto const* key : {"hd", "style_reference", "moodboard"}) body.flag(key);
    request.version = body.text("version");
    request.quality = body.text("quality");
}

void read_edit(BodyReader& body, WorkRequest& request) {
    request.image_url = body.text("image_url");
    request.mask = body.text("mask");
    request.split_images = body.flag("split_images");
}

void read_video(BodyReader& body, WorkRequest& request) {
    request.image_url = body.text("image_url");
    request.end_image_url = body.text("end_image_url");
    request.video_id = body.digits("video_id");
    request.video_index = body.whole("video_index", 3);
    request.loop = body.flag("loop");
    auto const resolution = body.text("resolution", "720p");
    if (resolution == "480p")
        request.short_side = 480;
    else if (resolution != "720p")
        body.refuse("resolution", "480p or 720p");
}

void read_members(BodyReader& body, WorkRequest& request) {
    if (draws(request.kind)) read_drawing(body, request);
    switch (request.kind) {
    case TaskKind::imagine: read_imagine(body, request); break;
    case TaskKind::edits: read_edit(body, request); break;
    case TaskKind::videos: read_video(body, request); break;
    case TaskKind::describe: request.image_url = body.text("image_url"); break;
    case TaskKind::translate: request.content = body.text("content"); break;
    case TaskKind::seed: request.image_id = body.digits("image_id"); break;
    case TaskKind::shorten: break; // nothing but the prompt
    }
    request.prompt = body.text("prompt");
}

} // namespace

bool is_known_action(std::string_view name) {
    return std::find(actions.begin(), actions.end(), name) != actions.end();
}

Checked<WorkRequest> read_work_request(TaskKind kind, json::Value const& value) {
    if (!value.is_object()) return bad_request("the body must be a JSON object");
    BodyReader body(value);
    WorkRequest request;
    request.kind = kind;
    read_members(body, request);
    if (body.failure()) return *body.failure();
    auto parts = read_prompt(request.prompt);
    if (parts)
        request.parts = std::move(*parts);
    else
        request.prompt_error = parts.error();
    if (request.version.empty()) request.version = version_of(request.parts);
    if (auto const wrong = check_meaning(request)) return *wrong;
    if (request.prompt_error && !request.asynchronous) return *request.prompt_error;
    return request;
}

} // namespace darkroom::studio
