// Whether a run is at work in a directory, and how the last one ended.
#pragma once

#include "runner/engine/history.hpp"
#include "runner/engine/run_end.hpp"
#include "runner/report/run_changes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::report {

/// The last word of a run.
struct RunEnding {
    int exit = 0;
    std::string reason; ///< name_of() a RunEnd.
    WallTime at{};
};

/// A run's note about itself. The directory keeps that of the last run.
struct RunNote {
    int pid = 0;
    std::string host; ///< "" when it has no name.
    WallTime since{};
    std::optional<RunEnding> ending; ///< None: it is at work, or was killed.
    bool is_unfinished =
        false; ///< It only looked things up, after one that had not ended by itself.
};
/// Returns whether a run has ended as it should: not by a crash, an outage or a person.
bool has_ended_by_itself(RunNote const& note);
/// Returns the text that a directory keeps. Stored: keys are added, never changed.
std::string to_text(RunNote const& note);
/// Returns the note in a text; none when it is not whole.
std::optional<RunNote> read_run_note(std::string_view text);

/// A run that is at work.
struct RunAtWork {
    int pid = 0; ///< 0: not known.
    std::string host;
    std::optional<WallTime> since;
    std::optional<double> rate;   ///< Steps finished a second, in the last minutes.
    std::optional<WallTime> done; ///< When the rest is done at that rate.
    RunChanges changes = {};      ///< Made by hand.
};

/// Returns the rate at which steps were finished in the last minutes of a run that began at
/// `since`; none before two of them. Errors: of the history.
Result<std::optional<double>> finished_rate(engine::History& history, WallTime since, WallTime now);

/// Returns the object `running` of `status --json`.
json::Value to_json(RunAtWork const& run);
/// Returns the object `ended` of `status --json`. A run without a last word was killed.
json::Value ended_json(RunNote const& note);

/// Returns "running since 2026-11-28 14:02:11Z (process 4242 on host7), 12 steps a minute, about
/// 5m 10s left"; printable.
std::string running_text(RunAtWork const& run, WallTime now);
/// Returns "ended 2026-11-28 14:02:11Z: interrupted (exit 7)"; printable.
std::string ended_text(RunNote const& note);

} // namespace darkroom::report
