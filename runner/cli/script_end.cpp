#include "runner/cli/script_end.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/script_forms.hpp"

namespace darkroom::cli {

void end_for_scripts(ExitCode code, bool failed) {
    if (promised().object && failed && code != ExitCode::reader_gone) {
        try {
            print_json(early_end(code, complaints()));
        } catch (Quit const& quit) { // nobody can read it; the code says why the command ended
            if (quit.code != ExitCode::reader_gone) complain_of_error(quit.what());
        }
    }
    if (promised().lines && !has_end_line()) complain_of_end(early_end_line(code));
}

ExitCode print_summary(report::Closing const& closing, ExitCode code) {
    try {
        print_json(to_json(closing));
    } catch (Quit const& quit) {
        if (quit.code == ExitCode::reader_gone) return code;
        complain_of_error(quit.what());
        return quit.code;
    }
    return code;
}

} // namespace darkroom::cli
