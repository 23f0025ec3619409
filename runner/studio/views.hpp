// What clients are shown of tasks and errors, as JSON of the published shapes.
#pragma once

#include "runner/studio/http/exchange.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <string>

namespace darkroom::studio {

/// A task at one of its steps: a stream line, an answer, or a record's `response`.
json::Value step_view(ServerState const& state, Task const& task, Step const& step);
/// A task that did not work out: `{"success": false, "task_id", "error", "trace_id"}`.
json::Value failure_view(Task const& task, ApiError const& why);
/// The last word about an ended task: one of the two above.
json::Value outcome_view(ServerState const& state, Task const& task);
/// A record of /midjourney/tasks.
json::Value record_view(ServerState const& state, Task const& task);

/// An answer with this body; `x-trace-id` is added.
HttpReply json_reply(int status, json::Value const& body, std::string const& trace_id);
/// `{"error": {"code", "message"}, "trace_id"}`.
HttpReply error_reply(ApiError const& error, std::string const& trace_id);

/// Pixels of a step's raw file: previews are a quarter of the promised side.
Size step_size(ServerState const& state, Task const& task, Step const& step);
/// Half of each side, at least one pixel.
Size half(Size size);

} // namespace darkroom::studio
