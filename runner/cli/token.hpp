// Where the token is read from. It never comes from the command line and never goes to a text.
#pragma once

#include "jobs/model/job_file.hpp"

#include <map>
#include <string>

namespace darkroom::cli {

/// The token, without the white space around it. `token_file` wins over `source` when not empty.
/// Throws Quit with what to do: usage (not set anywhere, the variable is not set, the command
/// fails or takes more than 30 s), no_input (the file cannot be read).
std::string read_token(jobs::TokenSource const& source, std::string const& token_file);

/// The token of each of the service's accounts by its name, or of the one without a name.
/// Throws Quit as above; also usage when an account has no token, or two have the same.
std::map<std::string, std::string> read_tokens(jobs::Service const& service,
                                               std::string const& token_file);

} // namespace darkroom::cli
