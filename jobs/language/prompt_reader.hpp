// Reads the prompt language into parts.
#pragma once

#include "jobs/language/prompt_parts.hpp"
#include "runner/base/error.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// Accepts letters, digits, '-' and single '_', in parts between '/'.
bool is_wildcard_name(std::string_view text);

/// Finds the choices that `__name__` stands for; class Wildcards reads them from files.
class ChoiceSource {
public:
    virtual ~ChoiceSource() = default;
    /// An error's detail is shown to the user as it is.
    virtual Result<std::shared_ptr<Choice const>> find(std::string_view name) = 0;
};

/// Reads a text in the prompt language; the first problem ends the reading.
TextSequence read_sequence(std::string_view text, std::vector<TextProblem>& problems,
                           ChoiceSource* wildcards);

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
