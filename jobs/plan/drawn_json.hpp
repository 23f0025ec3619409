// What was drawn for an item, as it stands in the manifest.
#pragma once

#include "jobs/language/expansion.hpp"
#include "runner/base/json.hpp"

#include <span>

namespace darkroom::jobs {

/// Returns an object with a member for each place in the job: `{"prompt.1": {"text": "dawn",
/// "option": 1}}`. Null when there is none.
json::Value to_json(std::span<Drawn const> drawn);

} // namespace darkroom::jobs
