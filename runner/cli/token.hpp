// Where the token is read from. It never comes from the command line and never goes to a text.
#pragma once

#include "jobs/job_file.hpp"

#include <string>

namespace darkroom::cli {

/// The token, without the white space around it. `token_file` wins over `source` when not empty.
/// Throws Quit with what to do: usage (not set anywhere, the variable is not set, the command
/// fails or takes more than 30 s), no_input (the file cannot be read).
std::string read_token(jobs::TokenSource const& source, std::string const& token_file);

} // namespace darkroom::cli
