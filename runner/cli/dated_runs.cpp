#include "runner/cli/dated_runs.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/run_note.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/status.hpp"
#include "runner/store/run_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t looked_at_max = 60; ///< Directories, from the newest one.

using Date = std::vector<int>;

struct OlderRun {
    Date date;
    std::string name; ///< The job has it then.
    std::string directory;
};

std::string journal_in(std::string const& directory) { return directory + "/journal.db"; }

/// Returns the older directories with a name of the same kind, the newest first.
std::vector<OlderRun> older_runs(Job const& job) {
    auto const directory = fs::path(run_directory_of(job, ""));
    auto const tonight = job.file.dated_name->date_in(job.file.name);
    auto const ending = directory.filename().string().substr(job.file.name.size()); // of a shard
    std::vector<OlderRun> found;
    std::error_code failure;
    auto const parent = directory.parent_path();
    for (fs::directory_iterator at(parent.empty() ? "." : parent, failure), end; at != end;
         at.increment(failure)) {
        if (failure) break;
        auto name = at->path().filename().string();
        if (!name.ends_with(ending)) continue;
        name.resize(name.size() - ending.size());
        auto date = job.file.dated_name->date_in(name);
        if (!date || *date >= *tonight) continue;
        auto run = (parent / (name + ending)).string();
        if (fs::exists(journal_in(run), failure))
            found.push_back({std::move(*date), name, std::move(run)});
    }
    std::sort(found.begin(), found.end(),
              [](OlderRun const& a, OlderRun const& b) { return a.date > b.date; });
    return found;
}

/// Returns whether a run has ended as it should: not by a crash, an outage or a person.
bool has_ended_by_itself(report::RunNote const& note) {
    if (!note.ending) return false;
    auto const& reason = note.ending->reason;
    return reason == name_of(engine::RunEnd::all_done) ||
           reason == name_of(engine::RunEnd::some_failed) ||
           reason == name_of(engine::RunEnd::budget_spent);
}

bool has_unknown_steps(std::string const& directory) {
    auto history = or_quit(store::RunHistory::open_snapshot(journal_of(directory)));
    return or_quit(report::read_status(history, directory)).by_state().unknown > 0;
}

/// Adds what the older directories need: at most one that comes first, and one to be asked about.
void add_older(Job const& job, std::vector<Turn>& turns, WallTime now) {
    std::optional<OlderRun> unfinished;
    std::optional<OlderRun> last;
    std::size_t looked_at = 0;
    for (auto const& run : older_runs(job)) {
        if (looked_at++ == looked_at_max) break;
        auto const journal = journal_in(run.directory);
        auto const note = last_run_note(journal);
        if (!note) continue;
        if (!has_ended_by_itself(*note)) {
            if (run_at_work(run.directory, note, 0, now)) {
                complain(fmt::format("{}: another run is at work there", run.directory));
                continue;
            }
            unfinished = run;
            break;
        }
        if (!last) last = run;
    }
    if (last && has_unknown_steps(last->directory))
        turns.push_back({Turn::Why::unknown, named_job(job, last->name), last->directory});
    if (!unfinished) return;
    Turn turn{Turn::Why::unfinished, named_job(job, unfinished->name), unfinished->directory};
    if (!job.file.schedule) turns.clear();
    turns.insert(turns.begin(), std::move(turn));
}

} // namespace

std::vector<std::string> older_directories(Job const& job) {
    std::vector<std::string> directories;
    if (!job.file.dated_name) return directories;
    for (auto const& run : older_runs(job)) directories.push_back(run.directory);
    return directories;
}

std::vector<Turn> turns_of(Job job, WallTime now) {
    std::vector<Turn> turns;
    auto const directory = run_directory_of(job, "");
    bool const is_dated = job.file.dated_name.has_value();
    turns.push_back({Turn::Why::asked, job, directory});
    if (is_dated) add_older(job, turns, now);
    return turns;
}

} // namespace darkroom::cli
