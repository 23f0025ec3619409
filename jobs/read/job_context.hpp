// The state that the jobs of one file share while they are read.
#pragma once

#include "jobs/language/wildcards.hpp"
#include "jobs/model/job_spec.hpp"
#include "jobs/plan/combinations.hpp"
#include "jobs/yaml/findings.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// The same files, read the same way, are one table.
struct TableKey {
    std::vector<std::string> paths;
    bool names_files = false;
    TableFormat format = TableFormat::csv;
    TableReading reading;
    friend auto operator<=>(TableKey const&, TableKey const&) = default;
};

/// State that the jobs of one file share while they are read.
struct JobContext {
    Findings& findings;
    ServiceModel const& service;
    Wildcards wildcards;
    std::filesystem::path base;       ///< The directory of relative table paths.
    std::filesystem::path shown_base; ///< The same directory in messages.
    bool input_is_taken = false;      ///< Standard input was the job file.
    std::map<TableKey, std::shared_ptr<Table const>> tables = {};
    std::uint64_t counting_left = 4 * Combinations::counting_max; ///< For all `exclude`.
    std::uint64_t rows_left =
        2 * items_max; ///< Rows that may still be read while the file is checked.
};

} // namespace darkroom::jobs
