#include "runner/cli/run_counts.hpp"

#include "runner/cli/job_walk.hpp"

namespace darkroom::cli {

std::set<Digest> given_up_steps(Job const& job, std::string const& directory) {
    std::set<Digest> steps;
    next_run_of(job, job.plan, directory,
                [&steps](jobs::Step const& step) { steps.insert(step.key); });
    return steps;
}

RunCounts count_run(Job const& job, std::string const& directory) {
    RunCounts counts;
    std::set<Digest> given_up;
    auto const note = [&given_up](jobs::Step const& step) { given_up.insert(step.key); };
    jobs::PlanOptions const whole{.only = {}, .limit = {}, .shard = job.plan.shard};
    bool const is_part = !job.plan.only.empty() || job.plan.limit;
    try {
        auto const all = next_run_of(job, whole, directory, note);
        counts.part = is_part ? next_run_of(job, job.plan, directory) : all;
        counts.given_up = std::move(given_up);
    } catch (Quit const&) { // the run itself has reported it
        return {};
    }
    return counts;
}

} // namespace darkroom::cli
