// `--accounts FILE` and `--tokens FILE`: JSON, every key checked.
#pragma once

#include "runner/base/json.hpp"
#include "runner/studio/tasks/account_rule.hpp"
#include "runner/studio/tasks/allowances.hpp"

#include <string>
#include <vector>

namespace darkroom::studio {

/// `[{"id": "a", "slots": 3, "interval": "1s", "speed": 1, "daily_cap": 0, "banned": false}, …]`.
/// Errors: Errc::bad_settings naming the file, the entry and the key; the system's and json::Errc.
Result<std::vector<AccountRule>> load_accounts(std::string const& path);
/// Returns the rule with the members of `wanted` changed. Errors: Errc::bad_settings.
Result<AccountRule> change_account(AccountRule rule, json::Value const& wanted);

/// `[{"token": "…", "running": 5, "rate": 1, "balance": 100, "state": "good"}, …]`; also
/// "expired", "disabled", "mismatched". Errors: as load_accounts(), without any token.
Result<std::vector<TokenRule>> load_tokens(std::string const& path);

} // namespace darkroom::studio
