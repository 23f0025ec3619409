// The JSON Schema of job files, for editors.
#pragma once

#include <string_view>

namespace darkroom::jobs {

/// Returns docs/job.schema.json as it was when the program was built: JSON Schema, draft 7, ending
/// in a line end. It accepts more than the loader (no prompts, no tables, no order of actions), and
/// a test keeps the two from contradicting each other.
std::string_view schema_text();

} // namespace darkroom::jobs
