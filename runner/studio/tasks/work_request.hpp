// The bodies of the requests that make tasks, checked.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/tasks/prompt.hpp"
#include "runner/studio/tasks/task.hpp"

#include <optional>
#include <string>

namespace darkroom::studio {

/// A request for a task. Members without effect on the result (version, hd…) are only checked; the
/// record of the request keeps them. A member that an endpoint does not have keeps
/// its default.
struct WorkRequest {
    TaskKind kind = TaskKind::imagine;
    std::string action = "generate";
    std::string mode = "fast";
    std::string prompt;  ///< As sent.
    std::string version; ///< The member's or the prompt's; empty: the service's choice.
    std::string quality;
    PromptParts parts;
    bool translation = false;
    std::string image_id;      ///< Digits; empty for `generate`.
    std::string mask;          ///< A link or base64; `variation_region` and edits only.
    std::string image_url;     ///< Edits, videos, describe.
    std::string end_image_url; ///< Videos.
    std::string video_id;      ///< Videos, `extend` only.
    int video_index = 0;
    int short_side = 720; ///< For a clip, pixels.
    bool loop = false;
    std::string content; ///< Translate.
    Duration timeout = std::chrono::seconds(480);
    bool split_images = false;
    std::string callback_url;
    bool asynchronous = false; ///< Acknowledged at once: `async`, or there is a callback.
    /// The prompt is wrong; an asynchronous task takes it and fails with this.
    std::optional<ApiError> prompt_error;
};

/// Reads and checks a body. Errors: ApiError (400), also for a wrong prompt unless the request is
/// asynchronous.
Checked<WorkRequest> read_work_request(TaskKind kind, json::Value const& body);

/// True when the service has an action of that name (`generate` included).
bool is_known_action(std::string_view name);

} // namespace darkroom::studio
