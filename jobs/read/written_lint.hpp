// Warns of signs in a text that mean something elsewhere and are sent as they are.
#pragma once

#include "jobs/yaml/findings.hpp"

#include <string_view>

namespace darkroom::jobs {

/// Where a text comes from; it decides what its signs mean.
enum class TextOrigin {
    prompt,    ///< The prompt language is read.
    follow_up, ///< The same, without choices.
    variable,  ///< A value of `vars` or `matrix`: plain text.
    cell,      ///< A cell of a table: plain text.
    read_cell, ///< A cell that is read as prompt language (`expand`).
    inner_cell ///< A cell that such a cell names: plain text.
};

/// The kinds of signs in a text, as bits.
constexpr unsigned grammar_signs = 1; ///< `{`, `_` and `$`.
constexpr unsigned export_signs = 2;  ///< Signs of what chats and galleries put around a prompt.
constexpr unsigned word_signs = 4;    ///< Signs of parameters and addresses.
/// Looks at each byte once: most of a million cells have none.
unsigned signs_in(std::string_view text);

/// Warns of choices, wildcards and placeholders in plain text, and of what chat programs and
/// galleries put around a prompt. `placeholder` is what a table replaces; "": nothing.
void lint_written(std::string_view text, TextOrigin source, std::string_view placeholder,
                  Where const& where, Findings& findings);

} // namespace darkroom::jobs
