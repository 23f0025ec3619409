// Paths that others wrote.
#pragma once

#include <string_view>

namespace darkroom {

/// Returns true for a relative path that stays below the directory that it starts from. Names that
/// come from a file of somebody else, such as a journal, are checked by it.
bool stays_below(std::string_view path);

} // namespace darkroom
