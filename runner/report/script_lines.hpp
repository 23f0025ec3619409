// The JSON lines that are about the run itself, not about a step: errors, warnings, notes, the end.
// Pure.
#pragma once

#include "jobs/yaml/finding.hpp"
#include "runner/report/summary.hpp"

#include <string>
#include <string_view>

namespace darkroom::report {

/// A text with its "did you mean" apart.
struct HintedText {
    std::string text;
    std::string hint; ///< "" for none.
};
HintedText split_hint(std::string_view text);

/// Returns `message`, `file`, `line`, `column` and `hint`, null where there is none: a sentence
/// that is about no file is a finding with a text only.
json::Value to_json(jobs::Finding const& finding);

/// Returns a line of `--progress json`: `event` and `at`.
json::Value event_line(std::string_view event, WallTime at);
/// Returns the line of an error or a warning.
json::Value to_line(jobs::Finding const& finding, WallTime at);
/// Returns the line of a sentence: a warning if it begins with "warning: ", an error if it is a bad
/// one, else a note.
json::Value to_line(Worded const& said, WallTime at);
/// Returns the last line: the keys of the summary, and `reason`. One without a name or a directory
/// is of a process that ended outside of a run.
json::Value end_line(Closing const& closing, std::string_view reason, WallTime at);

} // namespace darkroom::report
