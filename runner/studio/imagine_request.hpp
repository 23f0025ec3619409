// The body of POST /midjourney/imagine, checked.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/studio/error.hpp"
#include "runner/studio/prompt.hpp"

#include <optional>
#include <string>

namespace darkroom::studio {

/// What is asked for. Members without meaning for a picture (translation, version…) are checked
/// for their type and then left to the record of the request.
struct ImagineRequest {
    std::string action = "generate";
    std::string prompt; ///< As sent.
    PromptParts parts;
    std::string image_id; ///< Digits; empty for `generate`.
    std::string mask;     ///< A link or base64; `variation_region` only.
    Duration timeout = std::chrono::seconds(480);
    bool split_images = false;
    bool asynchronous = false;
    /// The prompt is wrong; an asynchronous task takes it and fails with this.
    std::optional<ApiError> prompt_error;
};

/// Errors: ApiError (400). A wrong prompt is one too, unless `async` is set.
Checked<ImagineRequest> read_imagine_request(json::Value const& body);

/// Whether the service has an action of that name at all (`generate` included).
bool is_known_action(std::string_view name);

} // namespace darkroom::studio
