#include "runner/studio/imagine_request.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

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

/// Reads members of one body; the first wrong one is kept.
class BodyReader {
public:
    explicit BodyReader(json::Value const& body) : body_(body) {}

    std::string text(std::string_view key, std::string fallback = std::string()) {
        auto const* value = present(key);
        if (value == nullptr) return fallback;
        if (!value->is_string()) refuse(key, "a string");
        return value->text().value_or(fallback);
    }

    /// Ids are strings; a client that sends a number has already lost its last digits.
    std::string digits(std::string_view key) {
        auto const id = text(key);
        bool const sound =
            std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!sound || id.size() > 32) refuse(key, "a string of digits");
        return id;
    }

    bool flag(std::string_view key) {
        auto const* value = present(key);
        if (value == nullptr) return false;
        if (!value->boolean()) refuse(key, "true or false");
        return value->boolean().value_or(false);
    }

    Duration seconds(std::string_view key, Duration fallback) {
        constexpr double most = 24 * 3600;
        auto const* value = present(key);
        if (value == nullptr) return fallback;
        auto const number = value->is_number() ? value->number() : std::nullopt;
        if (!number || !(*number > 0) || *number > most) {
            refuse(key, "a number of seconds, above 0 and at most a day");
            return fallback;
        }
        return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*number));
    }

    void refuse(std::string_view key, std::string_view expected) {
        if (!failure_) failure_ = bad_request(fmt::format("'{}' must be {}", key, expected));
    }

    std::optional<ApiError> const& failure() const { return failure_; }

private:
    json::Value const* present(std::string_view key) const {
        auto const* value = body_.find(key);
        return value == nullptr || value->is_null() ? nullptr : value;
    }

    json::Value const& body_;
    std::optional<ApiError> failure_;
};

/// Members that change nothing here but must still be of their type.
void check_the_rest(BodyReader& body) {
    auto const mode = body.text("mode", "fast");
    if (std::find(modes.begin(), modes.end(), mode) == modes.end())
        body.refuse("mode", "fast, relax or turbo");
    for (auto const* key : {"translation", "hd", "style_reference", "moodboard"}) body.flag(key);
    body.text("version");
    body.text("quality");
}

std::optional<ApiError> check_meaning(ImagineRequest const& request) {
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
    return std::nullopt;
}

} // namespace

bool is_known_action(std::string_view name) {
    return std::find(actions.begin(), actions.end(), name) != actions.end();
}

Checked<ImagineRequest> read_imagine_request(json::Value const& value) {
    if (!value.is_object()) return bad_request("the body must be a JSON object");
    BodyReader body(value);
    if (!body.text("callback_url").empty())
        return ApiError{400, "api_not_implemented",
                        "this service does not call back yet; leave callback_url out and use "
                        "async with /midjourney/tasks, or a stream"};
    ImagineRequest request;
    request.action = body.text("action", request.action);
    request.prompt = body.text("prompt");
    request.image_id = body.digits("image_id");
    request.mask = body.text("mask");
    request.timeout = body.seconds("timeout", request.timeout);
    request.split_images = body.flag("split_images");
    request.asynchronous = body.flag("async");
    check_the_rest(body);
    if (body.failure()) return *body.failure();
    auto parts = read_prompt(request.prompt);
    if (parts)
        request.parts = std::move(*parts);
    else
        request.prompt_error = parts.error();
    if (auto const wrong = check_meaning(request)) return *wrong;
    if (request.prompt_error && !request.asynchronous) return *request.prompt_error;
    return request;
}

} // namespace darkroom::studio
