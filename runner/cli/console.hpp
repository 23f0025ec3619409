// Standard output for results, standard error for everything else.
#pragma once

#include "runner/report/progress.hpp"

#include <string>
#include <string_view>

namespace darkroom::cli {

/// Flags that every command has.
struct Everywhere {
    bool no_colour = false;
};

/// Writes to standard output, all of it. Throws Quit: disk when it cannot be written; reader_gone,
/// without a word, when it is a pipe that nobody reads any more.
void print(std::string_view text);
/// The same with a line end.
void print_line(std::string_view text);
/// A line on standard error, made printable.
void complain(std::string_view text);

/// What standard error is, and what the environment asks for: NO_COLOR, FORCE_COLOR, TERM.
report::Asked asked_of_environment(Everywhere const& everywhere);
/// The value of an environment variable, "" when it is not set.
std::string environment(char const* name);

/// Whether somebody sits there who can read a question and answer it.
bool can_ask();
/// Asks, when that can be done; true for yes.
bool confirm(std::string const& question);

} // namespace darkroom::cli
