#include "jobs/read/job_kind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace darkroom::jobs {

namespace {

/// The keys that make the items of a job, whatever is asked of each.
constexpr std::array<std::string_view, 11> keys_of_all{
    "id",     "kind",   "prompts",   "vars",   "matrix",     "exclude",
    "repeat", "sample", "max_items", "expand", "placeholder"};

bool has(std::span<std::string_view const> keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

} // namespace

bool takes_key(JobKind const& kind, std::string_view key) {
    return has(keys_of_all, key) || has(kind.keys, key);
}

JobKind const* read_kind(Member const& member, ServiceModel const& service, Findings& findings) {
    std::vector<std::string_view> names;
    for (auto const& kind : service.kinds) names.push_back(kind.name);
    auto const chosen = choice_of(member, findings, names);
    return &service.kinds[chosen.value_or(0)];
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
