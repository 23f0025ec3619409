#include "runner/cli/run_note.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/cli/steering.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/run_folder.hpp"
#include "runner/store/run_history.hpp"

#include <string_view>
#include <utility>

namespace darkroom::cli {

namespace {

/// The key under which a run directory stores the note. Stored: never changed.
constexpr std::string_view run_note_key = "last_run";

/// Returns when `left` steps are finished; none when that is years away.
std::optional<WallTime> done_at(double rate, std::uint64_t left, WallTime now) {
    constexpr double seconds_max = 3e8;
    auto const seconds = static_cast<double>(left) / rate;
    if (!(seconds < seconds_max)) return std::nullopt;
    return now + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

} // namespace

Result<> write_run_note(std::string const& journal, WallTime since,
                        std::optional<report::RunEnding> ending, bool is_unfinished) {
    auto [pid, host] = store::this_process();
    report::RunNote const note{pid, std::move(host), since, std::move(ending), is_unfinished};
    return store::write_meta(journal, run_note_key, report::to_text(note));
}

std::optional<report::RunNote> last_run_note(std::string const& journal) {
    auto const text = or_quit(store::read_meta(journal, run_note_key));
    return text ? report::read_run_note(*text) : std::nullopt;
}

std::optional<report::RunAtWork> run_at_work(std::string const& directory,
                                             std::optional<report::RunNote> const& note,
                                             std::uint64_t left, WallTime now) {
    auto holder = or_quit(store::holder_of(directory));
    if (!holder) return std::nullopt;
    report::RunAtWork run;
    run.pid = holder->pid;
    run.host = std::move(holder->host);
    // Another command may hold the directory, such as 'resolve': it has no note.
    bool const is_noted = note && note->pid == run.pid && note->host == run.host && !note->ending;
    if (!is_noted) return run;
    run.since = note->since;
    auto const changes = or_quit(store::read_meta(directory + "/journal.db", run_changes_key));
    if (changes) run.changes = report::read_run_changes(*changes);
    auto history = or_quit(store::RunHistory::open(directory + "/journal.db"));
    run.rate = or_quit(report::finished_rate(history, note->since, now));
    if (run.rate) run.done = done_at(*run.rate, left, now);
    return run;
}

} // namespace darkroom::cli
