#include "runner/cli/session_end.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/finished_page.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/report/script_lines.hpp"

namespace darkroom::cli {

namespace {

/// While hooks run, a stop signal ends them, and the run keeps its exit code.
void run_hooks(SessionEnd& end, RunHooks const& hooks) {
    if (!hooks.has_any_for(end.code)) return;
    if (!end.page) note_stop_signals(); // with a page, they are noted already
    hooks.run(end.code, report::to_json(end.closing), [&end](std::string const& text) {
        report::Worded const line{"warning: " + text, report::Ink::bad, true};
        complain(line.text);
        if (end.log->lines() != nullptr) end.log->lines()->say(line);
    });
    if (!end.page && !has_noted_stop()) forget_stop_signals();
}

} // namespace

void say_end(SessionEnd& end, RunRequest const& request, WallTime at) {
    auto const line = end_line(end.closing, engine::name_of(end.closing.result.end), at);
    end.log->write_end(line);
    if (request.display.form == report::Form::json) complain_of_end(line);
}

ExitCode after_session(SessionEnd end, RunRequest const& request, RunHooks const& hooks) {
    run_hooks(end, hooks);
    say_end(end, request, SteadyClock().wall());
    if (end.page) keep_page(request.directory, *end.page);
    return end.code;
}

} // namespace darkroom::cli
