// Draws the sample of a job. The recipe is part of what a job file means.
#pragma once

#include "jobs/model/job_spec.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace darkroom::jobs {

/// Returns the numbers of the drawn texts (below count_texts(), which must not be UINT64_MAX), in
/// the order of the draw: each beginning of it is a fair sample. A larger sample of the same seed
/// begins with every smaller one.
std::vector<std::uint64_t> draw_sample(JobSpec const& job);

/// Rows whose prompts have different numbers of texts, as `expand` makes them.
struct RowTexts {
    std::vector<std::uint64_t> before; ///< Texts of the rows before each, and of all.
    std::function<Template const&(std::uint64_t)> prompt_of; ///< Returns the prompt of a row.
};
/// Does the same for a job with `expand`.
std::vector<std::uint64_t> draw_sample(JobSpec const& job, RowTexts const& rows);

} // namespace darkroom::jobs
