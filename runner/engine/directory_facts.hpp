// The knowledge of a journal that a ledger asks for.
#pragma once

#include "runner/engine/ledger.hpp"

#include <functional>
#include <string>

namespace darkroom::engine {

/// Returns what a journal knows; it and the function outlive the facts. `identity_of`: see
/// Provider::identity_of(), "" for an account that is not known. `recent` and `identities` are left
/// out, and nothing is said about requests that the journal does not have.
DirectoryFacts facts_of(Journal& journal,
                        std::function<std::string(std::string const& account)> identity_of);

} // namespace darkroom::engine
