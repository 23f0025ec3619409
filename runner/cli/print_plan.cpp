#include "runner/cli/print_plan.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/shard_rule.hpp"
#include "runner/report/plan_report.hpp"
#include "runner/store/run_folder.hpp"

#include <filesystem>
#include <optional>

namespace darkroom::cli {

namespace {

/// Returns the free bytes where the run directory is or will be; none when that is not known.
std::optional<std::uint64_t> free_bytes(std::string const& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    auto path = fs::absolute(directory, error);
    while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
    auto const space = fs::space(path, error);
    return error ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

} // namespace

void print_plan(Job& job, PlanForm const& form) {
    check_age_of(form.directory);
    keep_shard_rule(job, form.directory);
    auto const missing = missing_files_of(form.directory);
    report::PlanReport plan{job.file, jobs::estimate(job.file, job.plan),
                            next_run_of(job, job.plan, form.directory, {{}, {}, &missing}),
                            free_bytes(form.directory)};
    plan.next.is_at_work = or_quit(store::holder_of(form.directory)).has_value();
    if (form.as_json)
        print_json(to_json(plan));
    else
        print(form.whole ? whole_plan_text(plan) : plan_text(plan));
}

} // namespace darkroom::cli
