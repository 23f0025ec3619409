// Simple rules on words that replace a language model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// A text in English, as far as the built-in list of words goes.
struct Translated {
    std::string text;
    std::size_t left = 0; ///< Characters that the list does not have; they stay as they are.
};
/// Translates word by word, the longest entry first. A text without Chinese is returned unchanged.
Translated translate(std::string_view text);

/// Returns up to five shorter prompts, none twice. The first omits repeated words and empty ones
/// ("the", "very"). The others keep 3/4, 1/2, 1/3 and 1/4 of the first's words: the longest
/// ones, in their order. `--arguments` stay with the first two.
std::vector<std::string> shorten(std::string_view prompt);

} // namespace darkroom::studio
