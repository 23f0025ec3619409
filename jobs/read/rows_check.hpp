// The first walk through a table: its rows are counted, and each is looked at.
#pragma once

#include "jobs/model/job_spec.hpp"
#include "jobs/yaml/findings.hpp"

#include <set>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// What a job asks of each row.
struct RowNeeds {
    Template prompt; ///< The job's own, without prefix and suffix.
    bool prompt_may_be_blank = false;
    std::vector<std::string> images; ///< Addresses that a row fills in.
    std::set<std::string> names;     ///< Variables without a default that only a row can have.
    std::set<std::string> axes;      ///< Keys of `matrix`: no row may have them.
};

/// What is wrong with the address of an image; "" when nothing is.
std::string wrong_address(std::string const& url);

/// The number of rows of the job's table. What is wrong with a row is an error at its line; after
/// some of them the walk ends.
std::uint64_t check_rows(JobSpec const& job, RowNeeds const& needs, Findings& findings);

} // namespace darkroom::jobs
