// A prompt as the service reads it: image links, then words, then `--params`.
#pragma once

#include "runner/studio/http/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// The parts of a prompt, in their order.
struct PromptParts {
    std::vector<std::string> images; ///< http(s) links at the front, at most five.
    std::string words;
    std::vector<std::string> params; ///< "--ar 16:9", one each.
};

/// Splits and checks a prompt. Errors: 400 bad_request; unknown arguments are named as the real
/// service names them: "Unrecognized argument(s): `-c`, `x`".
Checked<PromptParts> read_prompt(std::string_view prompt);

} // namespace darkroom::studio
