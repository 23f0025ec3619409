// Makes the texts of a prompt that has been read, and says what each was made of.
#pragma once

#include "jobs/language/prompt_parts.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// Adds text number `which` (0 <= which < sequence.count); the last choice changes fastest.
void write_text(TextSequence const& sequence, std::uint64_t which, Variables const& variables,
                std::string& text);

/// Returns the value of a variable, its default, or nothing.
std::string_view value_of(TextPart const& variable, Variables const& variables);

/// One choice of a text.
struct Drawn {
    std::string place; ///< ".2" for the second choice, ".2.1" for the first within its option.
    std::string text;  ///< The text that it became.
    std::vector<std::size_t> options;  ///< Numbers from 1; of a wildcard file these are lines.
    std::string wildcard;              ///< The name of the file; "" for braces.
    std::uint64_t weight = weight_one; ///< The weight of a single option, in millionths.
    bool is_pick = false;              ///< Any number of options, as in `{1-2$$a|b}`.
};

/// Adds the choices of text number `which`, outer ones first. Choices inside of a pick are part of
/// its text.
void trace_text(TextSequence const& sequence, std::uint64_t which, Variables const& variables,
                std::string const& place, std::vector<Drawn>& drawn);

} // namespace darkroom::jobs
