// Permission for web pages of other origins, as browsers ask for it.
#pragma once

#include "runner/http/exchange.hpp"

namespace darkroom::studio {

/// Adds to an answer's headers that pages of any origin may read it, and its headers too.
void allow_any_origin(http::Headers& headers);

/// Returns the answer to a preflight, the OPTIONS request by which a browser asks whether a page
/// may send what follows. allow_any_origin() adds the rest.
http::Reply preflight_reply(http::Request const& request);

} // namespace darkroom::studio
