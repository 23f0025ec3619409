// Patterns with `*`.
#pragma once

#include <string_view>

namespace darkroom {

/// True when the pattern matches the whole text; `*` stands for any run of characters.
bool glob_match(std::string_view pattern, std::string_view text);

} // namespace darkroom
