// Tasks on disk: what is needed to go on with one in another process.
#pragma once

#include "runner/studio/tasks/task.hpp"

namespace darkroom::studio {

/// A task as it was accepted.
json::Value to_json(Task const& task);
/// The reverse, still running. Errors: Errc::bad_archive with the key that is wrong.
Result<TaskPtr> task_of_json(json::Value const& value);

/// How a task ended; `apply_end` puts it into a task. Errors: Errc::bad_archive.
json::Value end_to_json(Task const& task);
Result<> apply_end(json::Value const& value, Task& task);

} // namespace darkroom::studio
