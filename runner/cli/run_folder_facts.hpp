// The facts about a run directory and its machine that a bug report has.
#pragma once

#include "runner/report/bug_report.hpp"

#include <optional>
#include <string>

namespace darkroom::cli {

/// Returns the copy of the job file in a journal; none without one, or when it cannot be read.
std::optional<std::string> saved_snapshot(std::string const& journal);

/// Adds all sections. `name` stands for the directory, whose path may name a person. What cannot be
/// read is noted as a problem.
void add_facts(report::BugReport& bundle, std::string const& directory, std::string const& name,
               std::optional<std::string> const& snapshot);

} // namespace darkroom::cli
