// What HTTP itself says about a failure, whatever the service. Pure, one table.
#pragma once

#include "runner/engine/event.hpp"
#include "runner/net/exchange.hpp"

#include <optional>
#include <string_view>

namespace darkroom::provider {

/// Returns the class of a paid request by the status of its answer; nothing where the status alone
/// does not decide (5xx other than 502 and 503).
std::optional<engine::Verdict> verdict_of_status(int status);

/// Returns the class of a paid request that got no answer, or one that broke off.
engine::Verdict verdict_of_network(net::Sent sent);

/// Returns the class of a failed download of an image. `status` 0: no answer.
engine::Verdict verdict_of_fetch(int status);

/// Reads a Retry-After header: seconds, or a date by the clock of the service that sent it.
/// Returns nothing when it cannot be read; zero when it is past.
std::optional<Duration> read_retry_after(std::string_view text, WallTime service_time);

} // namespace darkroom::provider
