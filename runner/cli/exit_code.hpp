// What the program's exit code says. docs/cli.md, "Exit codes".
#pragma once

#include "runner/base/error.hpp"
#include "runner/engine/run_end.hpp"

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace darkroom::cli {

enum class ExitCode {
    ok = 0,
    internal = 1,
    some_failed = 2,
    no_money = 3, ///< The budget is spent, or the account is.
    too_many_failures = 4,
    token_refused = 5,
    locked = 6,
    interrupted = 7,
    usage = 64,
    bad_file = 65,
    no_input = 66,
    disk = 74,
    reader_gone = 141, ///< As a shell has it of a program that SIGPIPE has ended.
};

ExitCode exit_code_of(engine::RunEnd end);
/// Of a run directory or a journal that cannot be used.
ExitCode exit_code_of_store(Error const& error);

/// A reason to end before there is anything to close: caught in main_of() only, which prints the
/// text, if any, and exits with the code.
class Quit : public std::runtime_error {
public:
    Quit(ExitCode why, std::string const& text) : std::runtime_error(text), code(why) {}
    ExitCode code;
};

/// The value, or a Quit with what is wrong with the run directory or the journal.
template <class T>
T or_quit(Result<T> result) {
    if (result.has_error())
        throw Quit(exit_code_of_store(result.error()), result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace darkroom::cli
