// The part of a prompt that decides the picture.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// The parts of a prompt.
struct ParsedPrompt {
    std::vector<std::string> words;    ///< Lower case, without links, parameters, punctuation.
    Aspect aspect;                     ///< `--ar`; 1:1 when absent or no ratio; within 1:4 to 4:1.
    double weight = 1;                 ///< `--iw`, 0 to 3.
    std::optional<std::uint64_t> seed; ///< `--seed`.

    std::uint64_t words_hash() const;
};

/// Never fails: a value that cannot be read keeps its default.
ParsedPrompt parse_prompt(std::string_view prompt);

} // namespace darkroom::studio
