// The service's own words for what went wrong, and what they mean. One table.
#pragma once

#include "runner/provider/service_wire.hpp"

#include <string_view>

namespace darkroom::provider::midjourney {

/// Returns the class of a failed paid request, of which the service itself has spoken. A `timeout`
/// is unknown wherever it comes from: the task may still be under way.
engine::Verdict verdict_of(Evidence const& evidence);

/// Returns true for a code of the service's contract.
bool is_known_code(std::string_view code);

} // namespace darkroom::provider::midjourney
