// Reads the token. It never comes from the command line and never goes into a message.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

/// Returns the token, without the white space around it. `token_file` wins over `source` when not
/// empty; a file may also be a pipe, which is read to its end. Throws Quit with advice: usage (not
/// set anywhere, the variable is not set, the command fails or takes more than 30 s), no_input (the
/// file cannot be read).
std::string read_token(jobs::TokenSource const& source, std::string const& token_file);

/// Returns the secret that signs what a webhook gets, in the same way; "" when there is none.
std::string read_secret(jobs::TokenSource const& source);

/// Returns the token of each account of the service by name, or that of the account without a
/// name.
/// Throws Quit as above; also usage when an account has no token, or two have the same.
std::map<std::string, std::string> read_tokens(jobs::Service const& service,
                                               std::string const& token_file);

/// Returns a sentence for each way in which others may come to know a token: it travels without
/// encryption to another machine, or its file can be read by other users.
std::vector<std::string> token_warnings(jobs::Service const& service,
                                        std::string const& token_file);
/// Returns that sentence about one file with tokens, or with another secret; nothing when nobody
/// else can read it.
std::optional<std::string> file_warning(std::string const& path, std::string_view what = "token");

/// Returns the variables of the environment that hold a token of the service, if any do.
std::vector<std::string> token_variables(jobs::Service const& service);

/// Returns what an account's command prints now. Blocks while the command runs. Errors: the account
/// has no command; those of read_token().
Result<std::string> renewed_token(jobs::Service const& service, std::string const& account);

} // namespace darkroom::cli
