// The ids of users and applications that records name.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::studio {

/// The things of an account that have an id.
enum class Holder { user, application, credential, authorization, api };

/// Returns the id, a UUID, of what a payer has: the same in every process. It does not tell the
/// token.
std::string identity_of(Holder holder, std::string_view payer);

} // namespace darkroom::studio
