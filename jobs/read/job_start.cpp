#include "jobs/read/job_start.hpp"

#include "jobs/read/job_draft.hpp"
#include "jobs/read/request_fields.hpp"
#include "jobs/services/midjourney/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

namespace darkroom::jobs {

namespace {

/// What makes the items of a job, whatever is asked of each.
constexpr std::array<std::string_view, 9> keys_of_all{
    "id", "kind", "prompts", "vars", "matrix", "exclude", "repeat", "sample", "max_items"};
constexpr std::array<std::string_view, 1> describe_keys{"images"};
constexpr std::array<std::string_view, 1> text_keys{"prompt"};

constexpr std::array<std::string_view, 11> edit_keys{"images",   "prompt", "prefix", "suffix",
                                                     "params",   "mask",   "mode",   "split_images",
                                                     "download", "then",   "chain"};
constexpr std::array<std::string_view, 10> video_keys{
    "images", "prompt",     "prefix", "suffix",        "params",
    "mode",   "resolution", "loop",   "end_image_url", "download"};

/// Imagine has all keys but those of videos.
constexpr std::array<JobKind, 6> kinds{{
    {"imagine", "generate", {}, true, false},
    {"edit", "edit", edit_keys, true, true},
    {"video", "video", video_keys, false, true},
    {"describe", "describe", describe_keys, false, true},
    {"shorten", "shorten", text_keys, true, false},
    {"translate", "translate", text_keys, true, false},
}};

bool has(std::span<std::string_view const> keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool is_imagine(JobKind const& kind) { return &kind == &kinds.front(); }

bool takes(JobKind const& kind, std::string_view key) {
    return is_imagine(kind) ? !has(video_fields, key)
                            : has(keys_of_all, key) || has(kind.keys, key);
}

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

/// A generation, or an action on an image of an earlier run.
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

JobKind const& imagine_kind() { return kinds.front(); }

JobKind const* read_kind(Member const& member, Findings& findings) {
    std::array<std::string_view, kinds.size()> names;
    std::transform(kinds.begin(), kinds.end(), names.begin(), std::mem_fn(&JobKind::name));
    auto const chosen = choice_of(member, findings, names);
    return &kinds[chosen.value_or(0)];
}

void refuse_foreign_keys(Section const& job, JobKind const& kind,
                         std::span<std::string_view const> known) {
    for (auto const key : known) {
        auto const* member = job.find(key);
        if (member == nullptr || takes(kind, key)) continue;
        job.findings().error(member->where,
                             fmt::format("'{}' is not for 'kind: {}'", key, kind.name));
    }
}

JobDraft without_foreign(JobDraft draft) {
    auto const& kind = *draft.kind;
    auto const drop = [&kind](std::string_view key, auto& value) {
        if (!takes(kind, key)) value = {};
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
    if (!takes(kind, "download")) draft.download = true;
    json::Value fields;
    for (auto const& [key, value] : draft.fields.object() ? *draft.fields.object() : json::Object())
        if (takes(kind, key)) fields.set(key, value);
    draft.fields = std::move(fields);
    return draft;
}

Origin read_start(JobDraft const& draft, Where const& where, JobSpec& spec, Findings& findings) {
    auto const& kind = *draft.kind;
    if (is_imagine(kind)) return read_imagine(draft, spec, findings);
    if (kind.has_image) check_images(draft, where, findings);
    if (kind.name == "video" && spec.fields.text("mode") == "relax")
        findings.error(where, "a video is made 'fast' or 'turbo', not 'relax'");
    spec.endpoint = endpoint_of(kind.action).path;
    return {std::string(kind.action), made_by(kind.action)};
}

} // namespace darkroom::jobs
