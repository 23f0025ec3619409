// Oddities of prompts: nothing that must be wrong, but what usually is. Warnings with a place.
#pragma once

#include "jobs/job_draft.hpp"

namespace darkroom::jobs {

/// A longer prompt is cut or refused by the front ends of the model, in characters.
constexpr std::size_t prompt_characters_max = 6000;

/// Looks at the texts, images and params of a job as they are written.
void lint(JobDraft const& draft, Findings& findings);
/// Looks at a text that becomes part of a prompt, on its own: a variable's value, a cell of a
/// table, a follow-up's prompt.
void lint_part(std::string_view text, Where const& where, Findings& findings);
/// Looks at a prompt as it is sent; `where` is that of the job's prompt.
void lint_length(std::string_view prompt, Where const& where, Findings& findings);

} // namespace darkroom::jobs
