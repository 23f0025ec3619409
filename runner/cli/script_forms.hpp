// What a command line promises to scripts: an object at every exit, or JSON lines only.
#pragma once

#include "runner/base/json.hpp"
#include "runner/cli/exit_code.hpp"

#include <span>
#include <string_view>

namespace darkroom::cli {

struct ScriptForms {
    bool lines = false;  ///< --progress json: standard error holds JSON lines only.
    bool object = false; ///< --json: standard output holds a JSON object at every exit.
};

/// Reads the forms from the words of a command line, which may be wrong in any other way.
ScriptForms script_forms_of(std::span<std::string_view const> words);

/// Sets the forms of this process, once, at its beginning.
void promise(ScriptForms const& forms);
ScriptForms const& promised();

/// Returns the object of `--json` where there is no other result.
json::Value early_end(ExitCode code, json::Array errors);
/// Returns the line of `--progress json` where no run has written it.
json::Value early_end_line(ExitCode code);
/// Returns the reason of an end outside of a run, one word. Printed for scripts: never changed.
std::string_view reason_of(ExitCode code);

} // namespace darkroom::cli
