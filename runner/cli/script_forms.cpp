#include "runner/cli/script_forms.hpp"

#include "runner/report/script_lines.hpp"

namespace darkroom::cli {

namespace {

ScriptForms& forms_of_process() {
    static ScriptForms forms;
    return forms;
}

} // namespace

ScriptForms script_forms_of(std::span<std::string_view const> words) {
    constexpr std::string_view progress = "--progress";
    constexpr std::string_view with_value = "--progress=";
    ScriptForms forms;
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        auto const word = words[i];
        if (word == "--json") forms.object = true;
        if (word.starts_with(with_value)) // of several ones the last counts
            forms.lines = word.substr(with_value.size()) == "json";
        if (word == progress && i + 1 < words.size()) forms.lines = words[++i] == "json";
    }
    return forms;
}

void promise(ScriptForms const& forms) { forms_of_process() = forms; }

ScriptForms const& promised() { return forms_of_process(); }

json::Value early_end(ExitCode code, json::Array errors) {
    json::Value value;
    value.set("exit", static_cast<int>(code));
    value.set("errors", std::move(errors));
    return value;
}

json::Value early_end_line(ExitCode code) {
    report::Closing closing;
    closing.exit = static_cast<int>(code);
    return report::end_line(closing, reason_of(code), SteadyClock().wall());
}

std::string_view reason_of(ExitCode code) {
    switch (code) {
    case ExitCode::ok: return "no_run";
    case ExitCode::internal: return "internal_error";
    case ExitCode::some_failed: return "some_failed";
    case ExitCode::no_money: return "budget_spent";
    case ExitCode::too_many_failures: return "too_many_failures";
    case ExitCode::token_refused: return "account_refused";
    case ExitCode::locked: return "busy";
    case ExitCode::interrupted: return "interrupted";
    case ExitCode::usage: return "usage";
    case ExitCode::bad_file: return "bad_file";
    case ExitCode::no_input: return "no_input";
    case ExitCode::disk: return "disk_failed";
    case ExitCode::try_later: return "ledger_away";
    case ExitCode::contradiction: return "contradiction";
    case ExitCode::reader_gone: return "reader_gone";
    }
    return "internal_error";
}

} // namespace darkroom::cli
