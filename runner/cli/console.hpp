// Standard output for results, standard error for everything else.
#pragma once

#include "jobs/yaml/finding.hpp"
#include "runner/base/json.hpp"
#include "runner/report/display_options.hpp"

#include <string>
#include <string_view>

namespace darkroom::cli {

/// The flags of every command.
struct GlobalOptions {
    bool no_colour = false;
};

/// Writes all lines of `text` to standard output, each made printable: nothing that a file, a
/// prompt or a service says can steer a terminal. Throws Quit: disk when it cannot be written;
/// reader_gone, without a message, when it is a pipe that nobody reads any more.
void print(std::string_view text);
/// Writes `text`, made printable, as one line.
void print_line(std::string_view text);
/// Writes bytes to standard output as they are, but printable lines to a terminal; as print().
void print_bytes(std::string_view bytes);
/// Writes the lines of `text` over what a terminal shows, as far as they fit; as print().
void redraw(std::string_view text);
/// Writes a value as one line of JSON. What a terminal would obey is written as an escape, so that
/// readers of the JSON get every character.
void print_json(json::Value const& value);
/// Writes a line to standard error, made printable; where scripts read it, as a note or a warning.
void complain(std::string_view text);
/// Writes an error or a warning about a file.
void complain(jobs::Finding const& finding);
/// Writes an error that ends the command.
void complain_of_error(std::string_view text);
/// Returns the errors so far, for the object of `--json`.
json::Array complaints();

/// Writes the last line of a run to standard error, where scripts read it.
void complain_of_end(json::Value const& line);
/// Notes that a run has written its last line itself.
void note_end_line();
/// Returns whether such a line is the last one that was written.
bool has_end_line();

/// Returns the kind of standard error, and the wishes of the environment: NO_COLOR, FORCE_COLOR,
/// TERM.
report::DisplayRequest display_request_of_environment(GlobalOptions const& globals);
/// Returns the value of an environment variable, "" when it is not set.
std::string environment(char const* name);

/// Returns true when a person can read a question and answer it.
bool can_ask();
/// Asks a question and returns true for yes.
bool confirm(std::string const& question);

} // namespace darkroom::cli
