// One entry of `jobs:`, checked and merged with the defaults: what expands to items.
#pragma once

#include "jobs/job_file.hpp"
#include "jobs/prompt.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// More items than this in one file are a mistake, not a wish.
constexpr std::uint64_t items_max = 100'000'000;

/// A key of `matrix` with its values.
struct Axis {
    std::string name;
    std::vector<std::string> values; ///< Never empty.
};

/// Every combination of the axes, less the excluded ones, times the permutations of the prompt.
struct JobSpec {
    std::string id;
    std::vector<std::string> images; ///< Put before the prompt; `{{name}}` is filled in.
    Template prompt;                 ///< Prefix, prompt, suffix and params.
    std::vector<Axis> matrix;        ///< In file order; the last changes fastest.
    std::vector<Variables> exclude;  ///< Combinations with all values of one of these are left out.
    Variables vars;
    int repeat = 1;
    json::Value fields; ///< The request's members beside `prompt`, or null.
    bool download = true;
    std::shared_ptr<std::vector<Branch> const> then = std::make_shared<std::vector<Branch>>();
};

/// Whether `exclude` leaves out the combination that has the value number `chosen[i]` of axis i.
bool is_excluded(JobSpec const& job, std::vector<std::size_t> const& chosen);
/// Combinations of the axes, less the excluded ones, without making them. Above items_max the
/// excluded ones are not looked at: the file is refused anyway.
std::uint64_t count_combinations(JobSpec const& job);
/// Items of one job; UINT64_MAX when there are more than that.
std::uint64_t count_items(JobSpec const& job);

} // namespace darkroom::jobs
