// `darkroom run FILE…`
#include "runner/base/text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/dated_runs.hpp"
#include "runner/cli/gallery.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/keep_runs.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/print_plan.hpp"
#include "runner/cli/run_metrics.hpp"
#include "runner/cli/run_options.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/session.hpp"
#include "runner/cli/shard.hpp"
#include "runner/cli/shard_rule.hpp"
#include "runner/cli/shared_ledger.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/report/plan_report.hpp"
#include "runner/store/file.hpp"

#include "jobs/plan/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace darkroom::cli {

namespace {

constexpr auto about_run = R"(Runs job files, or resumes them. Nothing is paid twice.

Examples:
  darkroom run cars.yaml
  darkroom run cars.yaml --output /data/cars --json > summary.json
  darkroom run cars.yaml --service local -o out/try    a rehearsal, free of charge
  darkroom run cars.yaml --only night --rate 30/min --concurrency 3
  darkroom run cars.yaml --shard 2/8                   an eighth of it, into out/cars-shard-2-of-8
  darkroom run cars.yaml --settle                      buys nothing; looks up what is unknown
  darkroom run - < cars.yaml
)";

struct RunCommandOptions {
    JobOptions job;
    RunOptions run;
    std::string output;
    bool accept_manifest = false;
    bool dry_run = false;
    bool settle = false;
    bool gallery = false;
};

/// Asks once, before the first request, when paid work starts on a terminal. Where standard input
/// is something else, such as the job file or a table, there is no question.
bool may_spend(Job const& job, RunOptions const& options, std::string const& directory) {
    bool const asks = can_ask() && !options.yes && !options.display.quiet;
    if (!asks || job.file.path == "-" || job.file.service.url == "local") return true;
    auto const plan = jobs::estimate(job.file, job.plan);
    auto const& currency = job.file.prices.currency;
    if (is_big(job, plan)) return confirm(report::question(job.file.name, plan, currency));
    auto const next = next_run_of(job, job.plan, directory);
    if (next.fresh.steps.most == 0) return true;
    return confirm(report::question(job.file.name, next, currency));
}

/// Returns true when the next job file may still run: a run that was stopped ends the command.
bool continues_after(ExitCode code) {
    return code == ExitCode::ok || code == ExitCode::some_failed;
}

/// Writes the page of a run that has ended by itself. Where the last line is the run's word for
/// scripts, nothing is written after it.
ExitCode with_gallery(ExitCode code, std::string const& directory, bool is_quiet) {
    if (code == ExitCode::interrupted || code == ExitCode::locked) return code;
    bool const may_speak = !has_end_line();
    try {
        auto const written = write_gallery({directory, "", [](std::string const&) {}});
        if (may_speak && !is_quiet) complain("Gallery: " + written.path);
        return code;
    } catch (Quit const& quit) {
        if (may_speak) complain(fmt::format("warning: no gallery: {}", quit.what()));
        return code == ExitCode::ok ? quit.code : code;
    }
}

/// Returns the options that say which part of a job was asked for, with a blank before each.
std::string part_options_of(RunCommandOptions const& options) {
    std::string words;
    if (!options.job.shard.empty()) words += " --shard " + options.job.shard;
    if (options.job.budget_share) words += " --budget-share";
    for (auto const& set : options.job.sets) words += " --set " + shell_word(set);
    return words;
}

/// Returns what is to be done after a look at an older run, for which nothing is bought; "" for
/// every other run.
std::string advice_after(Turn const& turn, RunCommandOptions const& options) {
    if (turn.why == Turn::Why::changed)
        return fmt::format("To buy the rest as the job is now: darkroom run {} --output {}{}",
                           shell_word(turn.job.file.path), shell_word(turn.directory),
                           part_options_of(options));
    if (turn.why == Turn::Why::unknown)
        return "What is still unknown is looked up again after the next run of the job.";
    return {};
}

/// Returns the runs of all files, and says which older ones come first.
std::vector<Turn> all_turns(std::vector<Job> all, RunCommandOptions const& options) {
    std::vector<Turn> turns;
    for (auto& job : all) {
        if (!options.output.empty()) {
            turns.push_back({Turn::Why::asked, std::move(job), options.output});
            continue;
        }
        auto const asked = run_directory_of(job, "");
        auto of_job = turns_of(std::move(job), SteadyClock().wall());
        auto const& first = of_job.front();
        if (first.why == Turn::Why::unfinished && !options.run.display.quiet)
            complain(fmt::format("{} was not finished: it comes first{}", first.directory,
                                 of_job.size() > 1 ? "" : ", and the next run begins " + asked));
        if (first.why == Turn::Why::changed)
            complain(
                fmt::format("warning: {} was not finished, and the job may have changed since: "
                            "nothing more is bought for it. {}",
                            first.directory, advice_after(first, options)));
        std::move(of_job.begin(), of_job.end(), std::back_inserter(turns));
    }
    return turns;
}

ExitCode run_all(RunCommandOptions const& options) {
    if (!options.output.empty() && options.job.files.size() > 1)
        throw Quit(ExitCode::usage, "--output is one run directory; give one job file with it");
    check_share(options.job);
    if (!options.run.record.empty() && options.job.files.size() > 1)
        throw Quit(ExitCode::usage, "--record records one run; give one job file with it");
    if (options.job.files.size() > 1 && !options.run.metrics.empty() &&
        !read_metrics_address(options.run.metrics))
        throw Quit(ExitCode::usage, "--metrics FILE is of one run; give one job file with it");
    stop_before_the_run();
    std::vector<Job> all;
    for (auto const& path : options.job.files) {
        all.push_back(load_job(options.job, path,
                               options.dry_run ? Verbosity::all : verbosity_of(options.run)));
        check_number_of_items(all.back(), options.run.yes || options.dry_run);
    }
    auto worst = ExitCode::ok;
    auto turns = all_turns(std::move(all), options);
    for (auto& turn : turns) {
        stop_before_the_run();
        auto& job = turn.job;
        auto const& directory = turn.directory;
        // That one knows what all shards spend.
        bool const is_shared = uses_shared_ledger(options.run.ledger, job.file);
        bool const buys = !options.dry_run && !options.settle && !is_shared;
        if (buys || options.job.budget_share)
            share_budget(job.file.budget, job.plan.shard, options.job.budget_share);
        if (options.dry_run) {
            print_plan(job, {directory, options.run.json, false});
            continue;
        }
        if (!options.accept_manifest) check_age_of(directory);
        keep_shard_rule(job, directory);
        bool const is_older_look = turn.why == Turn::Why::unknown || turn.why == Turn::Why::changed;
        bool const settles = options.settle || is_older_look;
        if (!settles && !may_spend(job, options.run, directory))
            throw Quit(ExitCode::interrupted, "nothing was sent; --yes asks no question");
        auto advice = advice_after(turn, options);
        auto request = request_of(options.run, std::move(job), directory);
        request.accept_manifest = options.accept_manifest;
        request.settle_only = settles;
        request.advice_on_rest = std::move(advice);
        request.keeps_saved_job = settles && store::exists(directory + "/journal.db");
        if (&turn != &turns.back()) request.page_stays = false;
        auto code = run_when_free(request, options.run);
        if (turn.why == Turn::Why::changed && continues_after(code)) leave_as_changed(directory);
        if (options.gallery) code = with_gallery(code, directory, options.run.display.quiet);
        bool const is_left = is_older_look && code == ExitCode::some_failed;
        if (code != ExitCode::ok && !is_left) worst = code;
        bool const is_due = turn.why == Turn::Why::asked && options.output.empty();
        if (is_due && continues_after(code) && !options.settle)
            keep_recent_runs(request.job, SteadyClock().wall(), options.run.display.quiet);
        if (!continues_after(code)) break;
        if (has_noted_stop() && &turn != &turns.back()) return ExitCode::interrupted; // in a hook
    }
    return worst;
}

} // namespace

void add_run(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("run", about_run);
    command.footer(exit_codes_of_run);
    auto const options = std::make_shared<RunCommandOptions>();
    add_file_options(command, options->job);
    add_part_options(command, options->job);
    command.add_option("-o,--output", options->output, "the run directory itself").type_name("DIR");
    command.add_flag("--settle", options->settle,
                     "buy nothing: look up what is unknown, and download what is paid");
    command.add_flag("-n,--dry-run", options->dry_run, "print the plan and send nothing");
    command.add_flag("--gallery", options->gallery,
                     "write gallery.html at the end, as 'darkroom gallery' does");
    command.add_flag("--accept-manifest", options->accept_manifest,
                     "where the journal is lost or old: take what manifest.jsonl lists for paid");
    add_run_options(command, options->run);
    command.callback([&command_line, options] {
        command_line.action = [&command_line, options] {
            apply_environment(options->run, command_line.globals);
            return run_all(*options);
        };
    });
}

} // namespace darkroom::cli
