// The service's own words for what went wrong, and what they mean. One table.
#pragma once

#include "runner/provider/service_wire.hpp"

namespace darkroom::provider::midjourney {

/// Returns the class of a failed paid request. A 500 is `generation` only if it speaks the
/// service's own language; an HTML page may come from any gateway on the way.
engine::Verdict verdict_of(Evidence const& evidence);

} // namespace darkroom::provider::midjourney
