// The values of `kind`: the service's table has them.
#pragma once

#include "jobs/services/service_model.hpp"
#include "jobs/yaml/values.hpp"

#include <span>
#include <string_view>

namespace darkroom::jobs {

/// Returns the service's first kind, with an error, for a kind that it does not have.
JobKind const* read_kind(Member const& member, ServiceModel const& service, Findings& findings);
/// Adds the error "'suffix' is not for 'kind: translate'" at each such key of `known` that the job
/// itself has.
void refuse_foreign_keys(Section const& job, JobKind const& kind,
                         std::span<std::string_view const> known);
/// Returns true if jobs of this kind have that key.
bool takes_key(JobKind const& kind, std::string_view key);

} // namespace darkroom::jobs
