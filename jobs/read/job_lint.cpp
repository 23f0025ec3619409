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

bool has_image(JobDraft const& draft) {
    bool const in_prompt = draft.prompt && draft.prompt->value.find("://") != std::string::npos;
    bool const from_variable = draft.prompt && draft.prompt->value.starts_with("{{");
    return !draft.images.empty() || in_prompt || from_variable;
}

} // namespace

void lint_job(JobDraft const& draft, Findings& findings) {
    PromptLint params(draft.service->params, findings);
    auto const look = [&](Text const& text) { params.look_at_text(text.value, text.where); };
    look(draft.prefix);
    if (draft.prompt) look(*draft.prompt);
    look(draft.suffix);
    if (draft.prompt)
        lint_written(draft.prompt->value, TextOrigin::prompt, {}, draft.prompt->where, findings);
    for (auto const& param : draft.params) {
        if (param.kind == ParamDraft::Kind::removed) continue;
        params.look_at_param(param.key.value, param.value.value, param.key.where);
    }
    params.look_at_model();
    lint_images(draft, findings);
    lint_values(draft, findings);
    auto const weight = params.place_of_param("iw");
    if (weight && !has_image(draft))
        findings.warning(*weight, "'--iw' weighs an image, but there is none: add 'images'");
}

} // namespace darkroom::jobs
