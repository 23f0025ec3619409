// `darkroom status DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/run_counts.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/board.hpp"
#include "runner/report/status.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/run_history.hpp"
#include "runner/store/shared_tasks.hpp"

#include <optional>

namespace darkroom::cli {

namespace {

constexpr auto about_status =
    R"(Prints the state of a run: counts, cost, what failed or is unknown.
Works during a run, too. Sends nothing.

Examples:
  darkroom status out/cars
  darkroom status out/cars --json
)";

struct StatusOptions {
    std::string directory;
    bool json = false;
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

/// Adds what the present job file says of the steps.
report::Status status_of(std::string const& directory, std::string const& journal) {
    auto history = or_quit(store::RunHistory::open(journal));
    auto const job = present_job(journal);
    if (!job) return or_quit(report::read_status(history, directory));
    auto const counts = count_run(*job, directory);
    auto const* wanted = counts.given_up ? &*counts.given_up : nullptr;
    auto status = or_quit(report::read_status(history, directory, wanted));
    status.plan = counts.whole;
    if (counts.whole) status.waiting = count_waiting(*job, directory, load_picks(directory));
    return status;
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

ExitCode status(StatusOptions const& options) {
    auto const journal = journal_of(options.directory);
    check_run_directory(options.directory);
    auto status = status_of(options.directory, journal);
    status.shared = shared_tasks_of(journal);
    if (options.json)
        print_json(to_json(status));
    else
        print(status_text(status));
    return ExitCode::ok;
}

} // namespace

void add_status(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("status", about_status);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<StatusOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_flag("--json", options->json, "print one JSON object");
    command.callback(
        [&command_line, options] { command_line.action = [options] { return status(*options); }; });
}

} // namespace darkroom::cli
