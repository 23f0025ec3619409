// `darkroom status DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/board.hpp"
#include "runner/report/status.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/run_history.hpp"
#include "runner/store/shared_tasks.hpp"

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

/// Counts the picks that nobody has made. Reads the job file again only if it may have picks, and
/// reports none of its errors.
std::uint64_t waiting_in(std::string const& directory, std::string const& journal) {
    auto const snapshot = store::read_meta(journal, saved_job_key);
    if (snapshot.has_error() || !*snapshot) return 0;
    bool const may_pick = (*snapshot)->find("pick") != std::string::npos ||
                          (*snapshot)->find("include") != std::string::npos;
    if (!may_pick) return 0;
    try {
        auto const job = job_from_snapshot(**snapshot, Verbosity::nothing);
        return count_waiting(job, directory, load_picks(directory));
    } catch (Quit const&) {
        return 0; // the file has errors by now: 'darkroom pick' and 'run' report them
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

ExitCode status(StatusOptions const& options) {
    auto const journal = journal_of(options.directory);
    check_run_directory(options.directory);
    auto history = or_quit(store::RunHistory::open(journal));
    auto status = or_quit(report::read_status(history, options.directory));
    status.shared = shared_tasks_of(journal);
    status.waiting = waiting_in(options.directory, journal);
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
