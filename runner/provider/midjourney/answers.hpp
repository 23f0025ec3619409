// The service's JSON as values. Pure, tolerant: keys it does not know are left alone.
// Source: the service's published answers; docs/service.md says what differs between them.
#pragma once

#include "runner/base/json.hpp"
#include "runner/engine/ports.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::provider {

/// What the service says went wrong: an object, a bare string, or only `success: false`.
struct ServiceError {
    std::string code;    ///< "" when none is given.
    std::string message; ///< "" when none is given.
};

/// One line of a stream, or the body of a plain answer: they have one shape.
struct Event {
    std::string task_id;
    std::string trace_id;
    std::optional<int> percent;           ///< 0 to 100.
    std::optional<engine::Answer> answer; ///< Only when the image is finished; see is_finished.
    std::optional<ServiceError> error;
};

/// Nothing when it is no object, or one that says none of the above. `text` is the member that an
/// endpoint which makes a text answers with, see jobs::Endpoint; "" for those that draw.
std::optional<Event> read_event(json::Value const& value, std::string_view text = "");

/// `success: true` says nothing. Finished is `progress` 100 with `actions`; where an answer has no
/// such key at all (edits, videos), `progress` 100 alone.
bool is_finished(json::Value const& value);

/// The finished image of an answer or of a task record's response. A video's `url` is its first
/// part, `sub_urls` are the others; its size is not said.
engine::Answer read_answer(json::Value const& value);

/// The text of an answer in its member `text`: of a list, a line each. Nothing when there is none.
std::optional<std::string> read_text(json::Value const& value, std::string_view text);

std::optional<ServiceError> read_error(json::Value const& value);

/// The records of an answer of /midjourney/tasks: one, a list, or none (`{}`, null).
/// A record is done when `finished_at` is a number and `response` an object; a `response` before
/// that is a preview. Records without an id are left out.
std::vector<engine::TaskRecord> read_tasks(json::Value const& value);

/// Whether the answer to a look-up speaks of tasks at all. A list must have `items`; one task is a
/// record, or `{}` or null when it is not known. Anything else (an error in a 200, a gateway's
/// JSON) proves nothing, and no lost request may be sent again because of it.
bool tells_of_tasks(json::Value const& value, engine::TaskQuery const& query);

/// Whether an error's code says that there is no such task.
bool is_no_such_task(std::string_view code);

/// The body of that request.
std::string tasks_request(engine::TaskQuery const& query);

} // namespace darkroom::provider
