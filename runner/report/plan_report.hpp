// The cost of a job file before it runs, as text and as JSON. Pure.
#pragma once

#include "jobs/plan/estimate.hpp"
#include "jobs/plan/plan.hpp"
#include "runner/base/json.hpp"
#include "runner/report/next_run.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::report {

struct PlanReport {
    jobs::JobFile const& file;
    jobs::Estimate estimate; ///< The whole job.
    NextRun next;
    std::optional<std::uint64_t> free; ///< Bytes at the run directory; none when not known.
};

/// Returns the table of `plan`, for what the next run would pay: steps by action, then images, cost
/// and time, then what the run directory has.
std::string plan_text(PlanReport const& plan);
/// Returns the same table for the whole job.
std::string whole_plan_text(PlanReport const& plan);
/// Returns the question before a run pays for these steps.
std::string question(std::string const& name, NextRun const& next, std::string const& currency);
/// The same for a job that is too large to compare with its run directory.
std::string question(std::string const& name, jobs::Estimate const& whole,
                     std::string const& currency);
/// Returns the object of `plan --json`. docs/cli.md has the keys.
json::Value to_json(PlanReport const& plan);

/// Returns "cars/12/upscale4  upscale4  the prompt", printable: a line of `plan --list`.
std::string step_line(jobs::Step const& step);
/// Returns the object of a line of `plan --list --json`.
json::Value to_json(jobs::Step const& step, jobs::Prices const& prices);

} // namespace darkroom::report
