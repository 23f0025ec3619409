#include "jobs/read/job_start.hpp"

#include "jobs/services/midjourney/endpoint.hpp"

#include <fmt/format.h>

namespace darkroom::jobs {

namespace {

void check_image_id(Text const& id, Findings& findings) {
    bool const digits =
        !id.value.empty() && id.value.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) findings.error(id.where, "'image_id' needs digits only");
}

void check_images(JobDraft const& draft, Where const& where, Findings& findings) {
    if (draft.images.size() == 1) return;
    auto const& at = draft.images.empty() ? where : draft.images[1].where;
    findings.error(at, fmt::format("'kind: {}' needs one image in 'images': for many, use a "
                                   "variable with 'matrix' or 'prompts'",
                                   draft.kind->name));
}

/// Reads a generation, or an action on an image of an earlier run.
Origin read_imagine(JobDraft const& draft, JobSpec& spec, Findings& findings) {
    auto const action = draft.action ? draft.action->value : std::string("generate");
    bool const follows = action != "generate";
    if (follows && !draft.image_id)
        findings.error(draft.action->where,
                       fmt::format("'action: {}' needs the 'image_id' it works on; to work on "
                                   "this job's own image, use 'then'",
                                   action));
    if (!follows && draft.image_id)
        findings.error(draft.image_id->where, "'image_id' needs an 'action' to do with it");
    if (draft.mask && action != "variation_region")
        findings.error(*draft.mask, "'mask' is for 'action: variation_region'");
    if (follows && !endpoint_of(action).action.empty())
        findings.error(draft.action->where, fmt::format("'{}' can't begin a job: put it below the "
                                                        "job that made the image",
                                                        action));
    if (draft.image_id) {
        check_image_id(*draft.image_id, findings);
        spec.fields.set("image_id", draft.image_id->value);
    }
    auto const* known = find_action(action);
    if (!known) findings.warning(draft.action->where, fmt::format("unknown action '{}'", action));
    if (follows) spec.fields.set("action", action);
    return {action, known ? std::optional(known->makes) : std::nullopt};
}

} // namespace

JobDraft without_foreign(JobDraft draft) {
    auto const& kind = *draft.kind;
    auto const drop = [&kind](std::string_view key, auto& value) {
        if (!takes_key(kind, key)) value = {};
    };
    drop("prompt", draft.prompt);
    drop("images", draft.images);
    drop("prefix", draft.prefix);
    drop("suffix", draft.suffix);
    drop("params", draft.params);
    drop("action", draft.action);
    drop("image_id", draft.image_id);
    drop("mask", draft.mask);
    drop("then", draft.then);
    drop("chain", draft.chain);
    if (!takes_key(kind, "download")) draft.download = true;
    json::Value fields;
    for (auto const& [key, value] : draft.fields.object() ? *draft.fields.object() : json::Object())
        if (takes_key(kind, key)) fields.set(key, value);
    draft.fields = std::move(fields);
    return draft;
}

Origin read_start(JobDraft const& draft, Where const& where, JobSpec& spec, Findings& findings) {
    auto const& kind = *draft.kind;
    if (&kind == &imagine_kind()) return read_imagine(draft, spec, findings);
    if (kind.has_image) check_images(draft, where, findings);
    if (kind.name == "video" && spec.fields.text("mode") == "relax")
        findings.error(where, "a video is made 'fast' or 'turbo', not 'relax'");
    spec.endpoint = endpoint_of(kind.action).path;
    return {std::string(kind.action), made_by(kind.action)};
}

} // namespace darkroom::jobs
