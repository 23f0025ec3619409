// `darkroom plan FILE…`
#include "runner/cli/commands.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/print_plan.hpp"
#include "runner/cli/shard.hpp"
#include "runner/report/plan_report.hpp"

namespace darkroom::cli {

namespace {

constexpr auto about_plan =
    R"(Prints what the next run would pay: steps, pictures, cost, time.
Sends nothing. What the run directory has already is counted apart.

Examples:
  darkroom plan cars.yaml
  darkroom plan cars.yaml --list          one line per request
  darkroom plan cars.yaml --only night --limit 10 --json
)";

struct PlanOptions {
    JobOptions job;
    std::string output;
    bool list = false;
    bool json = false;
    bool all = false;
};

/// Prints a line for each step.
void list_steps(Job const& job, bool as_json) {
    for_each_step(job, [&](jobs::Step const& step) {
        if (as_json)
            print_json(report::to_json(step, job.file.prices));
        else
            print_line(report::step_line(step));
    });
}

ExitCode plan(PlanOptions const& options) {
    if (!options.output.empty() && options.job.files.size() > 1)
        throw Quit(ExitCode::usage, "--output is one run directory; give one job file with it");
    check_share(options.job);
    for (auto const& path : options.job.files) {
        auto job = load_job(options.job, path);
        if (options.job.budget_share) share_budget(job.file.budget, job.plan.shard, true);
        if (options.list) {
            list_steps(job, options.json);
        } else {
            print_plan(job, {run_directory_of(job, options.output), options.json, options.all});
        }
    }
    return ExitCode::ok;
}

} // namespace

void add_plan(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("plan", about_plan);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<PlanOptions>();
    add_file_options(command, options->job);
    add_part_options(command, options->job);
    command.add_option("-o,--output", options->output, "the run directory itself").type_name("DIR");
    command.add_flag("--all", options->all, "print the whole job, also what is paid already");
    command.add_flag("--list", options->list,
                     "print one line per request; equal ones are paid once");
    command.add_flag("--json", options->json, "print JSON; with --list one object per line");
    command.callback(
        [&command_line, options] { command_line.action = [options] { return plan(*options); }; });
}

} // namespace darkroom::cli
