// The note that a run keeps about itself in its directory; `status` reads it.
#pragma once

#include "runner/report/run_state.hpp"

#include <optional>
#include <string>

namespace darkroom::cli {

/// Stores the note of this process, which has begun at `since`. `is_unfinished`: see RunNote.
/// Errors: of the journal.
Result<> write_run_note(std::string const& journal, WallTime since,
                        std::optional<report::RunEnding> ending, bool is_unfinished = false);

/// Returns the note of the last run; none in a directory of version 0.1. Throws Quit.
std::optional<report::RunNote> last_run_note(std::string const& journal);

/// Returns the run that is at work in `directory`, whose last note is `note`; none when none is.
/// `left` steps are still to be finished. Throws Quit.
std::optional<report::RunAtWork> run_at_work(std::string const& directory,
                                             std::optional<report::RunNote> const& note,
                                             std::uint64_t left, WallTime now);

} // namespace darkroom::cli
