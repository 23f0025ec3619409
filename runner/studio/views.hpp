// Tasks and errors as clients see them: JSON of the published shapes.
#pragma once

#include "runner/http/exchange.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <string>

namespace darkroom::studio {

/// Shows a task at one of its steps: a stream line, an answer, or a record's `response`.
json::Value step_view(ServerState const& state, Task const& task, Step const& step);
/// Shows a task that failed: `{"success": false, "task_id", "error", "trace_id"}`.
json::Value failure_view(Task const& task, ApiError const& why);
/// Shows the outcome of an ended task: one of the two above.
json::Value outcome_view(ServerState const& state, Task const& task);
/// Shows a record of /midjourney/tasks.
json::Value record_view(ServerState const& state, Task const& task);

/// Returns an answer with this body; `x-trace-id` is added.
http::Reply json_reply(int status, json::Value const& body, std::string const& trace_id);
/// Returns `{"error": {"code", "message"}, "trace_id"}` as an answer.
http::Reply error_reply(ApiError const& error, std::string const& trace_id);

/// Returns the pixels of a step's raw file: previews have a quarter of the promised side.
Size step_size(ServerState const& state, Task const& task, Step const& step);
/// Returns half of each side, at least one pixel.
Size half(Size size);

} // namespace darkroom::studio
