// The values of `kind`: a picture, or one of the service's other endpoints.
#pragma once

#include "jobs/yaml/values.hpp"

#include <span>
#include <string_view>

namespace darkroom::jobs {

/// One row a value of `kind`.
struct JobKind {
    std::string_view name;
    std::string_view action;                ///< Of its first step.
    std::span<std::string_view const> keys; ///< Beside those of every kind.
    bool needs_prompt = true;
    bool has_image = false; ///< One image, no more and no less.
};

JobKind const& imagine_kind();
/// Imagine, with an error, for a kind that there is none of.
JobKind const* read_kind(Member const& member, Findings& findings);
/// "'suffix' is not for 'kind: translate'", at each such key of `known` that the job itself has.
void refuse_foreign_keys(Section const& job, JobKind const& kind,
                         std::span<std::string_view const> known);
/// Returns true if jobs of this kind have that key.
bool takes_key(JobKind const& kind, std::string_view key);

} // namespace darkroom::jobs
