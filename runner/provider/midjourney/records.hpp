// The service's task records: asking for them and reading them. Pure.
#pragma once

#include "runner/base/json.hpp"
#include "runner/provider/service_wire.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::provider::midjourney {

/// Reads the records of an answer of /midjourney/tasks: one, a list, or none (`{}`, null).
/// A record is done when `finished_at` is a time, in any form, and `response` an object; a
/// `response` before that is a preview. An item of a list that has no id, or is no object, stays
/// in its place with an empty id: it may be anybody's. `query`: the question that it answers.
std::vector<engine::TaskRecord> read_tasks(json::Value const& value,
                                           engine::TaskQuery const& query);

/// Returns true when the answer to a look-up speaks of tasks at all. A list must have `items`, at
/// most `records_max` of them; one task is a record, or `{}` or null when it is not known. Anything
/// else proves nothing.
bool speaks_of_tasks(json::Value const& value, engine::TaskQuery const& query);

/// Returns true when an error's code says that there is no such task.
bool is_no_such_task(std::string_view code);

/// Builds the body of a request to /midjourney/tasks.
std::string tasks_request(engine::TaskQuery const& query);

} // namespace darkroom::provider::midjourney
