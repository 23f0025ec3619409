// Plain rules on words, in place of a language model: they say what they do, and do it at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// A text in English, as far as the built-in list of words goes.
struct Translated {
    std::string text;
    std::size_t left = 0; ///< Characters that the list has not got; they stay as they are.
};
/// Word by word, the longest entry first. A text without Chinese comes back as it is.
Translated translate(std::string_view text);

/// Up to five shorter prompts, none twice. The first leaves out repeated words and those that name
/// nothing ("the", "very"). The others keep 3/4, 1/2, 1/3 and 1/4 of the first's words: the longest
/// ones, in their order. `--arguments` stay with the first two.
std::vector<std::string> shorten(std::string_view prompt);

} // namespace darkroom::studio
