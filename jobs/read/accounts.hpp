// The accounts that share the work: what each may do, and what they may do together.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

#include <vector>

namespace darkroom::jobs {

/// The list `service.accounts`. A concurrency or rate that an account does not give is 0 until
/// share_limits().
std::vector<Account> read_accounts(Member const& list, Findings& findings);

/// What an account leaves open it has from `limits`; what `limits` leaves open is what the accounts
/// are allowed together. `stated` is the section as it was written, null without one. Afterwards
/// no account is above the whole.
void share_limits(std::vector<Account>& accounts, Limits& limits, Member const* stated);

} // namespace darkroom::jobs
