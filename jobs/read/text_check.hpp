// Checks texts of a job file that are written in the prompt language.
#pragma once

#include "jobs/language/prompt.hpp"
#include "jobs/yaml/findings.hpp"

#include <string>
#include <vector>

namespace darkroom::jobs {

/// A text and its place; the place is that of the scalar, see Findings::inside.
struct Text {
    std::string value;
    Where where;
};

/// Reads `text`. Errors in it, and variables that are not among `names`, are added to the findings.
/// Without `names` every variable is accepted; without `wildcards`, `__name__` is an error.
Template read_template(Text const& text, std::vector<std::string> const* names, Findings& findings,
                       ChoiceSource* wildcards = nullptr);
/// Does the same checks for a text that fill() will be used on.
void check_fill(Text const& text, std::vector<std::string> const* names, Findings& findings);

} // namespace darkroom::jobs
