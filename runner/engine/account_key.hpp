// The name under which a ledger knows an account.
#pragma once

#include "runner/base/sha256.hpp"

#include <string>
#include <string_view>

namespace darkroom::engine {

/// Returns the key of an account in a ledger with this salt. The names of this machine's own
/// address are one: http://localhost and http://127.0.0.1 are one service.
Digest account_key(std::string const& salt, std::string_view identity);

} // namespace darkroom::engine
