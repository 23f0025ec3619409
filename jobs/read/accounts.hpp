// Tokens and the accounts that share the work.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// Returns whether a text may name a variable of the environment.
bool is_env_name(std::string_view text);
/// Reads one of the forms of `token`, or of another secret; the messages have the key.
TokenSource read_token(Member const& member, Findings& findings);
/// Reads `proxy: {env: NAME}`.
TokenSource read_proxy(Member const& member, Findings& findings);

/// Reads the list `service.accounts`. A concurrency or rate that an account does not give is 0
/// until share_limits().
std::vector<Account> read_accounts(Member const& list, Findings& findings);

/// Gives an account the limits that it does not state from `limits`, and `limits` the sums of the
/// accounts where it states none. `stated` is the section as it is written, null without one.
/// Afterwards no account is above the limits of the whole.
void share_limits(std::vector<Account>& accounts, Limits& limits, Member const* stated);

} // namespace darkroom::jobs
