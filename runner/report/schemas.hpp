// The JSON Schemas of what is printed and written for scripts.
#pragma once

#include <string_view>

namespace darkroom::report {

/// Returns docs/NAME.schema.json as it was when the program was built: JSON Schema, draft 7, ending
/// in a line end. `name` is "events", "summary", "status" or "manifest"; "" is returned for others.
/// A key that a schema does not have is an error in it, so that none is added unnoticed.
std::string_view schema_text(std::string_view name);

} // namespace darkroom::report
