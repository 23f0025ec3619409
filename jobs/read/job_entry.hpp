// `jobs:` and `defaults:` as a whole: each entry checked, merged and made ready to expand.
#pragma once

#include "jobs/language/wildcards.hpp"
#include "jobs/model/job_spec.hpp"
#include "jobs/yaml/values.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// What the jobs of one file share while they are read.
struct JobContext {
    Findings& findings;
    Wildcards wildcards;
    std::filesystem::path base;       ///< What a table's path is relative to.
    std::filesystem::path shown_base; ///< The same as messages have it.
    bool strict = false;              ///< Unknown actions are errors.
    bool input_is_taken = false;      ///< Standard input was the job file.
    std::map<std::pair<std::string, TableFormat>, std::shared_ptr<Table const>> tables = {};
    std::uint64_t counting_left = 4 * Combinations::counting_max; ///< For all `exclude`.
    std::uint64_t rows_left = 2 * items_max; ///< To be read while the file is checked.
};

/// The jobs of the file in their order; `defaults` may be null. Faulty jobs are left out, with
/// their errors in the findings.
std::vector<std::shared_ptr<JobSpec const>> read_jobs(Member const& jobs, Member const* defaults,
                                                      JobContext& context);

} // namespace darkroom::jobs
