// Tasks on disk, so that another process can continue them.
#pragma once

#include "runner/studio/tasks/task.hpp"

namespace darkroom::studio {

/// Writes a task as it was accepted.
json::Value to_json(Task const& task);
/// Reads it back, as a running task. Errors: Errc::bad_archive with the key that is wrong.
Result<TaskPtr> task_of_json(json::Value const& value);

/// Writes the end of a task; `apply_end` reads it into a task. Errors: Errc::bad_archive.
json::Value end_to_json(Task const& task);
Result<> apply_end(json::Value const& value, Task& task);

} // namespace darkroom::studio
