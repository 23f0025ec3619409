// Goes through a table once: counts its rows and checks each.
#pragma once

#include "jobs/model/job_spec.hpp"
#include "jobs/yaml/findings.hpp"

#include <set>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// Requirements of a job on each row.
struct RowNeeds {
    Template prompt; ///< The job's own, without prefix and suffix.
    bool prompt_may_be_blank = false;
    std::vector<std::string> images;   ///< Addresses that a row fills in.
    std::set<std::string> names;       ///< Variables without a default that only a row can have.
    std::set<std::string> axes;        ///< Keys of `matrix`: no row may have them.
    ChoiceSource* wildcards = nullptr; ///< For cells that are read as prompt language, or null.
    std::uint64_t* texts = nullptr;    ///< Gets the texts of all rows.
};

/// Returns the number of rows of the job's table. Errors in a row are reported at its line; after
/// some of them the check ends.
std::uint64_t check_rows(JobSpec const& job, RowNeeds const& needs, Findings& findings);

} // namespace darkroom::jobs
