// Warns of what a service refuses in the text of a prompt as it is sent.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

struct PromptParams;

/// Something in a prompt that is likely to be refused.
struct SentProblem {
    enum class Kind { gap, stop, nothing, words, address, models, repeat, speed } kind;
    std::string_view word; ///< The parameter that it is about, as it stands in the text.
    std::string text;
};

/// Checks a whole prompt: its words, then its parameters. `mode` is the speed that the request asks
/// for.
std::vector<SentProblem> problems_of_sent(std::string_view text, PromptParams const& params,
                                          std::string_view mode);

} // namespace darkroom::jobs
