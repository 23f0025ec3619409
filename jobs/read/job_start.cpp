#include "jobs/read/job_start.hpp"

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

/// Reads the image of an earlier run that the job continues with.
void read_image_id(JobDraft const& draft, Endpoint const& endpoint, JobSpec& spec,
                   Findings& findings) {
    if (!draft.image_id) return;
    if (draft.service->ids_are_digits) check_image_id(*draft.image_id, findings);
    spec.fields.set(endpoint.image, draft.image_id->value);
}

/// A field that some action of the service needs is for that action only, where a job can name one,
/// and that action cannot do without it.
void check_needed_fields(JobDraft const& draft, std::string_view action, Findings& findings) {
    for (auto const& other : draft.service->follow_ups) {
        auto const place = draft.field_places.find(other.needs);
        if (place != draft.field_places.end() && other.name != action)
            findings.error(place->second,
                           fmt::format("'{}' is for 'action: {}'", other.needs, other.name));
    }
    auto const* known = draft.service->find_action(action);
    if (known != nullptr && !known->needs.empty() && !draft.field_places.contains(known->needs))
        findings.error(draft.action->where,
                       fmt::format("'action: {}' needs a '{}'", action, known->needs));
}

/// Reads a first request, or an action on an image of an earlier run.
Origin read_action(JobDraft const& draft, JobSpec& spec, Findings& findings) {
    auto const& service = *draft.service;
    auto const& endpoint = service.endpoint_of(draft.kind->action);
    auto const first = std::string(draft.kind->action);
    auto const action = draft.action ? draft.action->value : first;
    bool const follows = action != first;
    if (follows && !draft.image_id)
        findings.error(draft.action->where,
                       fmt::format("'action: {}' needs the 'image_id' it works on; to work on "
                                   "this job's own image, use 'then'",
                                   action));
    if (!follows && draft.image_id)
        findings.error(draft.image_id->where, "'image_id' needs an 'action'");
    check_needed_fields(draft, action, findings);
    if (follows && !service.endpoint_of(action).action.empty())
        findings.error(draft.action->where, fmt::format("'{}' can't begin a job: put it below the "
                                                        "job that made the image",
                                                        action));
    read_image_id(draft, endpoint, spec, findings);
    auto const* known = service.find_action(action);
    if (!known) findings.warning(draft.action->where, fmt::format("unknown action '{}'", action));
    if (follows) spec.fields.set(endpoint.action_in, action);
    return {action, known ? std::optional(known->makes) : std::nullopt};
}

} // namespace

JobDraft without_foreign(JobDraft draft) {
    auto const& kind = *draft.kind;
    auto const drop = [&kind](std::string_view key, auto& value) {
        if (!takes_key(kind, key)) value = {};
    };
    drop("prompt", draft.prompt);
    drop("prompt", draft.prompt_list);
    drop("images", draft.images);
    drop("prefix", draft.prefix);
    drop("suffix", draft.suffix);
    drop("params", draft.params);
    drop("action", draft.action);
    drop("image_id", draft.image_id);
    std::erase_if(draft.field_places,
                  [&kind](auto const& place) { return !takes_key(kind, place.first); });
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
    auto const& endpoint = draft.service->endpoint_of(kind.action);
    spec.endpoint = endpoint.path;
    if (kind.has_image) check_images(draft, where, findings);
    for (auto const& refused : endpoint.refuses) {
        if (spec.fields.text(refused.field) == refused.value)
            findings.error(where, std::string(refused.why));
    }
    if (endpoint.action.empty()) return read_action(draft, spec, findings);
    return {std::string(kind.action), draft.service->made_by(kind.action)};
}

} // namespace darkroom::jobs
