// `darkroom status DIR…`
#include "runner/cli/commands.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/ledger_view.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/run_counts.hpp"
#include "runner/cli/run_note.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/board.hpp"
#include "runner/report/status.hpp"
#include "runner/report/terminal_text.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/run_history.hpp"
#include "runner/store/shared_tasks.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <future>
#include <optional>
#include <unistd.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr Duration between_looks = std::chrono::seconds(2);

constexpr auto about_status =
    R"(Prints a run's state: at work or ended, counts, cost, failures.
Works during a run, too. Sends nothing.

Examples:
  darkroom status out/cars
  darkroom status out/cars out/boats --json
  darkroom status out/cars --watch
)";

struct StatusOptions {
    std::vector<std::string> directories;
    std::string ledger;
    bool json = false;
    bool watches = false;
};

/// Returns the present job file of a run directory; none when there is none that is right: 'run'
/// reports why.
std::optional<Job> present_job(std::string const& journal) {
    auto const snapshot = store::read_meta(journal, saved_job_key);
    if (snapshot.has_error() || !*snapshot) return std::nullopt;
    try {
        return job_from_snapshot(**snapshot, Verbosity::nothing, JobText::on_disk);
    } catch (Quit const&) {
        return std::nullopt;
    }
}

/// Returns the job without --only and --limit.
Job whole_of(Job job) {
    job.plan = {.only = {}, .limit = {}, .shard = job.plan.shard};
    return job;
}

/// Adds what the present job file says of the steps.
report::Status counted_status(std::string const& directory, std::string const& journal) {
    auto history = or_quit(store::RunHistory::open_snapshot(journal));
    auto const job = present_job(journal);
    if (!job) return or_quit(report::read_status(history, directory));
    auto const missing = missing_files_of(directory);
    auto const picks = load_picks(directory);
    auto const counts = count_run(*job, history, picks, &missing);
    if (!counts.given_up) return or_quit(report::read_status(history, directory));
    report::WantedFailures const wanted{*counts.given_up, counts.lines};
    auto status = or_quit(report::read_status(history, directory, &wanted));
    status.plan = counts.whole;
    status.of_part = counts.failures;
    status.waiting = count_waiting(whole_of(*job), directory, picks);
    status.currency = job->file.shown_currency();
    return status;
}

/// Counts and checks at once: both read much of a million steps. An error of the check says more.
report::Status checked_status(std::string const& directory, std::string const& journal) {
    auto checked = std::async(std::launch::async, [&directory] { check_run_directory(directory); });
    try {
        auto status = counted_status(directory, journal);
        checked.get();
        return status;
    } catch (Quit const&) {
        if (checked.valid()) checked.get();
        throw;
    }
}

std::vector<report::SharedTask> shared_tasks_of(std::string const& journal) {
    auto reader = or_quit(store::JournalReader::open(journal));
    std::vector<report::SharedTask> shared;
    for (auto const& task : or_quit(store::shared_tasks(reader))) {
        shared.push_back({task.task_id, {}});
        for (auto const& [step, info] : task.steps)
            shared.back().steps.push_back(report::step_name(info));
    }
    return shared;
}

report::Status status_of(std::string const& directory, WallTime now) {
    auto const journal = journal_of(directory);
    auto status = checked_status(directory, journal);
    status.shared = shared_tasks_of(journal);
    status.last_run = last_run_note(journal);
    status.removed = or_quit(store::removed_images(journal)).count();
    status.now = now;
    auto const is = status.by_state();
    status.running = run_at_work(directory, status.last_run, is.pending + is.unknown, now);
    return status;
}

struct Look {
    std::string text;
    bool is_running = false; ///< A run is at work in one of the directories.
};

/// The directories before one that cannot be read are printed.
report::Status status_or_rethrow(std::string const& directory, WallTime now,
                                 std::string const& before) {
    try {
        return status_of(directory, now);
    } catch (Quit const&) {
        print(before);
        throw;
    }
}

Look look_at(StatusOptions const& options, WallTime now) {
    Look look;
    for (auto const& directory : options.directories) {
        auto const status = status_or_rethrow(directory, now, look.text);
        look.is_running |= status.running.has_value();
        if (options.json) {
            look.text += report::harmless_json(json::write(to_json(status))) + '\n';
            continue;
        }
        if (!look.text.empty()) look.text += '\n';
        look.text += status_text(status);
    }
    if (options.ledger.empty()) return look;
    auto const view = view_of_ledger(options.directories, options.ledger);
    json::Value all;
    all.set("ledger", to_json(view));
    look.text += options.json ? json::write(all) + '\n' : '\n' + text_of(view);
    return look;
}

/// Prints again and again, until no run is at work.
asio::awaitable<void> watch(StatusOptions options, Clock& clock) {
    bool const redraws = ::isatty(STDOUT_FILENO) == 1 && !options.json;
    for (;;) {
        auto const begun = clock.now();
        auto const look = look_at(options, clock.wall());
        if (redraws)
            redraw(look.text);
        else
            print(look.text + (options.json || !look.is_running ? "" : "\n"));
        if (!look.is_running) co_return;
        // A plan of a million steps takes seconds to count: most of the time goes to others.
        co_await clock.sleep_for(std::max(between_looks, 4 * (clock.now() - begun)));
    }
}

ExitCode status(StatusOptions const& options) {
    SteadyClock clock;
    if (!options.watches) {
        print(look_at(options, clock.wall()).text);
        return ExitCode::ok;
    }
    asio::io_context context(1);
    std::exception_ptr defect;
    auto on_end = [&defect](std::exception_ptr error) { defect = error; };
    asio::co_spawn(context, watch(options, clock), on_end);
    context.run();
    if (defect) std::rethrow_exception(defect);
    return ExitCode::ok;
}

} // namespace

void add_status(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("status", about_status);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<StatusOptions>();
    command.add_option("DIR", options->directories, "a run directory, or several").required();
    command
        .add_option("--ledger", options->ledger,
                    "say what this ledger has and the directories "
                    "have not")
        .not_empty()
        .type_name("URL");
    command.add_flag("--json", options->json, "print one JSON object for each, one a line");
    command.add_flag("--watch", options->watches,
                     "print it again every 2 s, until no run is at work");
    command.callback(
        [&command_line, options] { command_line.action = [options] { return status(*options); }; });
}

} // namespace darkroom::cli
