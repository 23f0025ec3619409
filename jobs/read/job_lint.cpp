#include "jobs/read/job_lint.hpp"

#include "jobs/read/text_lint.hpp"

namespace darkroom::jobs {

namespace {

void lint_images(JobDraft const& draft, Findings& findings) {
    for (auto const& image : draft.images) {
        lint_image_address(image.value, image.where, findings);
    }
}

void lint_values(JobDraft const& draft, Findings& findings) {
    auto const* params = draft.service->params;
    for (auto const& variable : draft.vars)
        lint_part(variable.value.value, {TextOrigin::variable}, variable.value.where, params,
                  findings);
    for (auto const& axis : draft.matrix) {
        for (auto const& value : axis.values)
            lint_part(value.value, {TextOrigin::variable}, value.where, params, findings);
    }
}

bool has_image(JobDraft const& draft, Text const* prompt) {
    bool const in_prompt = prompt && prompt->value.find("://") != std::string::npos;
    bool const from_variable = prompt && prompt->value.starts_with("{{");
    return !draft.images.empty() || in_prompt || from_variable;
}

/// Checks one prompt with all that stands around it. `prompt` may be null.
void lint_prompt(JobDraft const& draft, Text const* prompt, Findings& findings) {
    PromptLint params(draft.service->params, findings);
    auto const look = [&](Text const& text) { params.look_at_text(text.value, text.where); };
    look(draft.prefix);
    if (prompt) look(*prompt);
    look(draft.suffix);
    if (prompt) lint_written(prompt->value, TextOrigin::prompt, {}, prompt->where, findings);
    for (auto const& param : draft.params) {
        if (param.kind == ParamDraft::Kind::removed) continue;
        params.look_at_param(param.key.value, param.value.value, param.key.where);
    }
    params.look_at_model();
    auto const weight = params.place_of_param("iw");
    if (weight && !has_image(draft, prompt))
        findings.warning(*weight, "'--iw' weighs an image, but there is none: add 'images'");
}

} // namespace

void lint_job(JobDraft const& draft, Findings& findings) {
    for (auto const& prompt : draft.prompt_list) lint_prompt(draft, &prompt, findings);
    if (draft.prompt_list.empty())
        lint_prompt(draft, draft.prompt ? &*draft.prompt : nullptr, findings);
    lint_images(draft, findings);
    lint_values(draft, findings);
}

} // namespace darkroom::jobs
