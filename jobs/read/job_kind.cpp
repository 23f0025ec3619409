#include "jobs/read/job_kind.hpp"

#include "jobs/read/request_fields.hpp"

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

} // namespace

bool takes_key(JobKind const& kind, std::string_view key) {
    return is_imagine(kind) ? !has(video_fields, key)
                            : has(keys_of_all, key) || has(kind.keys, key);
}

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
        if (member == nullptr || takes_key(kind, key)) continue;
        job.findings().error(member->where,
                             fmt::format("'{}' is not for 'kind: {}'", key, kind.name));
    }
}

} // namespace darkroom::jobs
