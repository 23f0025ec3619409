// A person's word on steps whose outcome is unknown: which steps are meant, and the facts that
// record it.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/report/unknown_steps.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

/// The ways to resolve a step.
enum class Word {
    task,      ///< A task is the step's own: it is followed, and never sent again meanwhile.
    not_taken, ///< The service never took the request: it is sent again.
    not_ours,  ///< A task is not the step's own.
};
std::string_view name_of(Word word);

struct PersonWord {
    Word word = Word::not_taken;
    std::string task_id; ///< Set for `task` and `not_ours`.
};

/// A step that somebody may speak about.
struct OpenStep {
    Digest key{};
    engine::StepState state;
};

/// Returns the step that `text` names: its name as `status` prints it, or at least the first eight
/// digits of its key. Throws Quit(usage): none of `steps` is it, or several are.
OpenStep const& step_named(std::string const& text, std::vector<OpenStep> const& steps,
                           std::string const& directory);

/// Returns true when the service itself has named the step's task: then it was taken.
bool is_named_by_service(OpenStep const& step);

/// Returns the fact that records the word.
engine::Fact fact_of(PersonWord const& word);

/// Returns what the next run does after the word.
std::string_view what_follows(Word word);

} // namespace darkroom::cli
