// Reads values of variables as prompt language: the cells of a table with `expand`.
#pragma once

#include "jobs/language/prompt.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

class ChoiceSource;

/// An error in a value.
struct CellProblem {
    std::string name; ///< The variable's.
    TextProblem problem;
};

/// Returns true for a value that means the same when it is read as prompt language.
bool is_plain_value(std::string_view value);

/// Says how cells are read.
struct CellReading {
    ChoiceSource& wildcards;
    std::string_view placeholder = {}; ///< A text that stays as it is; or "".
};

/// Returns `text` with the variables in `cells` replaced by their values, which are read as prompt
/// language. Nothing when all of them are plain. Errors are added to `problems`.
std::optional<Template> with_cells_read(Template const& text, Variables const& cells,
                                        CellReading reading, std::vector<CellProblem>& problems);

} // namespace darkroom::jobs
