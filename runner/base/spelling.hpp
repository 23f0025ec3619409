// Suggestions for misspelt words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace darkroom {

/// Returns the candidate with the fewest edits from `word`, if there are few enough.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<std::string_view const> candidates);
/// Returns ", did you mean 'x'?" for the nearest candidate, or "".
std::string did_you_mean(std::string_view word, std::span<std::string_view const> candidates);

} // namespace darkroom
