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
    enum class Kind {
        gap,
        stop,
        nothing,
        value,
        unknown,
        words,
        address,
        models,
        repeat,
        speed
    } kind;
    std::string_view word; ///< The parameter that it is about, as it stands in the text.
    std::string text;
};

/// Stands for what is not known yet, such as a cell: it may be a value, words, parameters or
/// nothing.
constexpr std::string_view unknown_text = "\x01";

/// Checks a whole prompt: its words, then its parameters. `mode` is the speed that the request asks
/// for. Both may have `unknown_text` in them.
std::vector<SentProblem> problems_of_sent(std::string_view text, PromptParams const& params,
                                          std::string_view mode);

} // namespace darkroom::jobs
