// `darkroom retry DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/retry_choice.hpp"
#include "runner/cli/run_options.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/cli/trusted_job.hpp"
#include "runner/report/status.hpp"
#include "runner/report/words.hpp"
#include "runner/store/run_history.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr auto about_retry =
    R"(Runs the failed steps of a run again, and resumes it.
It uses the job file and the options of the last run. What the service refused for its content is
not tried again unless --class says so.

Examples:
  darkroom retry out/cars
  darkroom retry out/cars -n                        prints what would be tried
  darkroom retry out/cars --only night --rate 10/min
  darkroom retry out/cars --class rejected          also what the service refused
  darkroom retry out/cars --trust                   its job file is gone: use the text it keeps
)";

struct RetryOptions {
    std::string directory;
    bool is_trusted = false;
    bool dry_run = false;
    std::vector<std::string> classes;
    JobOptions change;
    RunOptions run;
};

/// Prints a line for each step that would be tried again, and what that run would pay; or one
/// object.
void print_retries(Job const& job, std::string const& directory, RetryWish const& wish,
                   bool as_json) {
    auto reader = or_quit(store::JournalReader::open(journal_of(directory)));
    auto const choice = choose_retries(job, directory, wish, reader);
    auto const is_tried_again = [&choice](Digest const& step) { return choice.all.contains(step); };
    auto const next = next_run_of(job, job.plan, directory, {{}, is_tried_again});
    auto const cost = static_cast<jobs::Micros>(next.fresh.cost.most);
    json::Array listed;
    auto history = or_quit(store::RunHistory::open(journal_of(directory)));
    or_quit(history.for_each_failed([&](engine::FailedRow const& row) -> Result<> {
        if (!choice.all.contains(row.key)) return {};
        if (as_json)
            listed.push_back(engine::to_json(row));
        else
            print_line(report::failed_line(row));
        return {};
    }));
    if (as_json) {
        json::Value value;
        value.set("directory", directory);
        value.set("steps", choice.all.size());
        value.set("new", next.fresh.steps.most);
        value.set("cost", report::money_value(cost));
        value.set("currency", job.file.prices.currency);
        value.set("failures", std::move(listed));
        return print_json(value);
    }
    print_line(fmt::format("{} would be tried again. With all that is still to be done, that run "
                           "would buy up to {}, {} {}",
                           report::counted(choice.all.size(), "failed step"),
                           report::counted(next.fresh.steps.most, "generation"),
                           report::format_money(cost), job.file.shown_currency()));
}

/// Reads the job of the last run, with the changes of this command line.
Job job_of(RetryOptions const& options) {
    auto job =
        trusted_job(options.directory, verbosity_of(options.run), options.is_trusted, JobUse::run);
    change_job(job, options.change);
    return job;
}

RetryWish wish_of(RetryOptions const& options) {
    return {{options.classes.begin(), options.classes.end()}};
}

ExitCode retry(RetryOptions const& options) {
    stop_before_the_run();
    check_age_of(options.directory);
    auto job = job_of(options);
    if (options.dry_run) {
        print_retries(job, options.directory, wish_of(options), options.run.json);
        return ExitCode::ok;
    }
    auto request = request_of(options.run, std::move(job), options.directory);
    request.retry = wish_of(options);
    request.keeps_saved_job = !options.change.only.empty();
    return run_when_free(request, options.run);
}

} // namespace

void add_retry(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("retry", about_retry);
    command.footer(exit_codes_of_run);
    auto const options = std::make_shared<RetryOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_option("--class", options->classes, "only failures of this class (repeatable)")
        .one_of({"transient", "rate", "rejected", "generation", "account", "expired", "download"})
        .type_name("CLASS")
        .take_all()
        .one_value();
    add_change_options(command, options->change);
    add_only_option(command, options->change);
    command.add_flag("-n,--dry-run", options->dry_run, "print what would be tried; send nothing");
    command.add_flag("--trust", options->is_trusted, trust_help);
    add_run_options(command, options->run);
    command.callback([&command_line, options] {
        command_line.action = [&command_line, options] {
            apply_environment(options->run, command_line.globals);
            return retry(*options);
        };
    });
}

} // namespace darkroom::cli
