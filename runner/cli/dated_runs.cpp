#include "runner/cli/dated_runs.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/run_note.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/status.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/run_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t looked_at_max = 60; ///< Directories, from the newest one.

/// The key under which a directory stores that it is left as it is. Stored: never changed.
constexpr std::string_view left_key = "left_as_changed";

using Date = std::vector<int>;

struct OlderRun {
    Date date;
    std::string name; ///< The job has it then.
    std::string directory;
};

std::string journal_in(std::string const& directory) { return directory + "/journal.db"; }

/// Returns whether the last run in a directory was one of this job file, under this name. A copy, a
/// renamed directory and another job's are left alone; so is one that cannot be read.
bool is_run_of(Job const& job, std::string const& directory, std::string const& name) {
    std::error_code failure;
    if (!fs::is_regular_file(journal_in(directory), failure)) return false;
    try {
        auto const last = last_job_source(directory);
        return last && last->path == job.path && last_job_name(directory) == name;
    } catch (Quit const& quit) {
        complain(fmt::format("warning: {} is left alone: {}", directory, quit.what()));
        return false;
    }
}

/// Returns the values that were changed on the command line, but for the name of the night.
std::map<std::string, std::string> changed_values(std::vector<jobs::Override> const& overrides) {
    std::map<std::string, std::string> values;
    for (auto const& set : overrides) values[set.path] = set.value;
    values.erase("name");
    return values;
}

/// Returns whether it is certain that the job asks for the same things as the last run did: its
/// file, the options and all other files that it reads are the same.
bool is_same_job(Job const& job, std::string const& directory) {
    auto const last = last_job_source(directory);
    if (!last || last->text != job.text) return false;
    if (changed_values(last->overrides) != changed_values(job.load.overrides)) return false;
    return !last->files_mark.empty() && last->files_mark == job.files_mark;
}

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
        bool const is_own = !at->is_symlink(failure) && is_run_of(job, run, name);
        if (is_own) found.push_back({std::move(*date), name, std::move(run)});
    }
    std::sort(found.begin(), found.end(),
              [](OlderRun const& a, OlderRun const& b) { return a.date > b.date; });
    return found;
}

bool has_unknown_steps(std::string const& directory) {
    auto history = or_quit(store::RunHistory::open_snapshot(journal_of(directory)));
    return or_quit(report::read_status(history, directory)).by_state().unknown > 0;
}

/// The newest older run that is unfinished, and the newest one that has unknown steps.
struct OlderNeeds {
    std::optional<OlderRun> unfinished;
    bool is_same = false; ///< The job has not changed since the unfinished one.
    std::optional<OlderRun> unknown;
};

/// Looks at one older run. Returns false when no older one matters any more.
bool look_at(Job const& job, OlderRun const& run, OlderNeeds& needs, WallTime now) {
    auto const note = last_run_note(journal_in(run.directory));
    if (!note) return true;
    bool is_ended = has_ended_by_itself(*note);
    if (!is_ended) {
        if (run_at_work(run.directory, note, 0, now)) {
            complain(fmt::format("{}: another run is at work there", run.directory));
            return true;
        }
        needs.is_same = is_same_job(job, run.directory);
        is_ended = !needs.is_same && or_quit(store::read_meta(journal_in(run.directory), left_key));
    }
    if (!is_ended) {
        needs.unfinished = run;
        return false;
    }
    bool const may_be_it = !needs.unknown && !(note->ending && note->ending->exit == 0);
    if (may_be_it && has_unknown_steps(run.directory)) needs.unknown = run;
    return true;
}

/// Adds what the older directories need: at most one that comes first, and one to be asked about.
void add_older(Job const& job, std::vector<Turn>& turns, WallTime now) {
    OlderNeeds needs;
    std::size_t looked_at = 0;
    for (auto const& run : older_runs(job)) {
        if (looked_at++ == looked_at_max) break;
        try {
            if (!look_at(job, run, needs, now)) break;
        } catch (Quit const& quit) {
            complain(fmt::format("warning: {} is left alone: {}", run.directory, quit.what()));
        }
    }
    if (auto const& run = needs.unknown)
        turns.push_back({Turn::Why::unknown, named_job(job, run->name), run->directory});
    auto const& run = needs.unfinished;
    if (!run) return;
    Turn turn{needs.is_same ? Turn::Why::unfinished : Turn::Why::changed, named_job(job, run->name),
              run->directory};
    if (!job.file.schedule && needs.is_same) turns.clear();
    turns.insert(turns.begin(), std::move(turn));
}

} // namespace

std::vector<std::string> older_directories(Job const& job) {
    std::vector<std::string> directories;
    if (!job.file.dated_name) return directories;
    for (auto const& run : older_runs(job)) directories.push_back(run.directory);
    return directories;
}

void leave_as_changed(std::string const& directory) {
    or_quit(store::write_meta(journal_in(directory), left_key, "yes"));
}

std::vector<Turn> turns_of(Job job, WallTime now) {
    std::vector<Turn> turns;
    auto const directory = run_directory_of(job, "");
    bool const is_whole = job.plan.only.empty() && !job.plan.limit;
    turns.push_back({Turn::Why::asked, job, directory});
    if (job.file.dated_name && is_whole) add_older(job, turns, now);
    return turns;
}

} // namespace darkroom::cli
