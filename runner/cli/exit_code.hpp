// The exit codes of the program. docs/cli.md, "Exit codes".
#pragma once

#include "runner/base/error.hpp"
#include "runner/engine/run_end.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace darkroom::cli {

/// The values are public: scripts depend on them.
enum class ExitCode {
    ok = 0,
    internal = 1,
    some_failed = 2,
    no_money = 3, ///< The budget or the account is spent.
    too_many_failures = 4,
    token_refused = 5,
    locked = 6,
    interrupted = 7,
    usage = 64,
    bad_file = 65,
    no_input = 66,
    disk = 74,
    try_later = 75,     ///< The ledger of several machines is away.
    contradiction = 78, ///< The run directory went back in time: nothing is bought.
    reader_gone = 141,  ///< As a shell reports a program that SIGPIPE ended.
};

struct ExitMeaning {
    ExitCode code;
    std::string_view text; ///< A sentence.
};
/// Returns all codes in their order, for the manual page.
std::span<ExitMeaning const> exit_meanings();

/// The end of the help text of commands that run a job.
constexpr auto exit_codes_of_run =
    R"(Exit codes: 0 everything is done; 2 some steps failed; 3 the budget or the balance is spent;
4 too many failures in a row; 5 the token is refused; 6 another run holds the run directory;
7 interrupted: run it again to go on; 64 usage; 65 bad job file; 66 input missing; 74 disk;
75 the ledger cannot be reached now; 78 the run directory is older than it was: nothing is bought.
Environment: NO_COLOR, FORCE_COLOR, XDG_CONFIG_HOME (your settings: darkroom/config.yaml there).
'man darkroom' and docs/cli.md say more.)";
/// The end of the help text of all others.
constexpr auto exit_codes_of_others =
    "Exit codes: 0 done; 64 usage; 65 bad job file; 66 input missing; 74 disk.\n"
    "'man darkroom' and docs/cli.md say more.";

ExitCode exit_code_of(engine::RunEnd end);
/// Returns the code for a run directory or a journal that cannot be used.
ExitCode exit_code_of_store(Error const& error);

/// Ends the program before there is anything to close. run_program() alone catches it, prints the
/// text, if any, and exits with the code.
class Quit : public std::runtime_error {
public:
    Quit(ExitCode why, std::string const& text) : std::runtime_error(text), code(why) {}
    ExitCode code;
};

/// Returns the value, or throws Quit with the error of the run directory or the journal.
template <class T>
T or_quit(Result<T> result) {
    if (result.has_error())
        throw Quit(exit_code_of_store(result.error()), result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace darkroom::cli
