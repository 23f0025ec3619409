// Reads the prompt language into parts.
#pragma once

#include "jobs/language/prompt_parts.hpp"
#include "runner/base/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// The size of a pick of lines, as in `{2$$ and $$__name__}`.
struct LinePick {
    std::size_t least = 1;
    std::optional<std::size_t> most; ///< Nothing: all lines.
    std::string separator;
};

/// Finds the choices that `__name__` stands for; class Wildcards reads them from files.
class ChoiceSource {
public:
    virtual ~ChoiceSource() = default;
    /// An error's detail is shown to the user as it is.
    virtual Result<std::shared_ptr<Choice const>> find(std::string_view name) = 0;
    /// Returns a pick of the lines of a name that find() has found.
    virtual Result<std::shared_ptr<Choice const>> pick(std::string_view name,
                                                       LinePick const& pick) = 0;
};

/// Reads a text in the prompt language; the first problem ends the reading.
TextSequence read_sequence(std::string_view text, std::vector<TextProblem>& problems,
                           ChoiceSource* wildcards);

/// Returns the error in a pick of `least` to `most` out of `all`, or "".
std::string wrong_pick(std::size_t least, std::size_t most, std::size_t all);

/// `{{name}}` or `{{name|default}}` at the start of a text.
struct Reference {
    std::string_view inside; ///< Between the braces.
    std::size_t length = 0;  ///< With the braces.
};
/// Returns nothing when the braces open a choice within a choice: `{{a, b}, c}`.
std::optional<Reference> reference_at(std::string_view text);
/// Returns the variable that `reference` names; adds errors to `problems`.
TextPart variable_part(Reference const& reference, std::size_t offset,
                       std::vector<TextProblem>& problems);

} // namespace darkroom::jobs
