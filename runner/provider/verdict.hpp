// What HTTP itself says about a failure, whatever the service. Pure, one table.
#pragma once

#include "runner/engine/event.hpp"
#include "runner/net/exchange.hpp"

#include <optional>
#include <string_view>

namespace darkroom::provider {

/// Returns the class of a paid request by the status of an answer in the service's own words;
/// nothing where the status alone does not decide (5xx other than 503).
std::optional<engine::Verdict> verdict_of_status(int status);

/// Returns true for the status of an answer that a server which is not the service at all may give:
/// a redirect, a refusal, an unknown path.
bool may_be_a_stranger(int status);

/// Returns the class of a paid request that was answered in words which are not the service's: a
/// page, a redirect, an empty body. They prove nothing about the prompt, and nothing about payment
/// once the request was wholly sent. `has_spoken`: this URL is known to be the service; one that is
/// not may be wrong, and a request that a stranger refuses was not taken.
engine::Verdict verdict_of_gateway(int status, net::Sent sent, bool has_spoken);

/// Returns the class of a paid request that got no answer, or one that broke off.
engine::Verdict verdict_of_network(net::Sent sent);

/// Returns the class of a failed download of an image. `status` 0: no answer.
engine::Verdict verdict_of_fetch(int status);

/// Reads a Retry-After header: seconds, or a date by the clock of the service that sent it. Of
/// several numbers the largest counts; at most hint_max. Returns nothing when it cannot be read;
/// zero when it is past.
std::optional<Duration> read_retry_after(std::string_view text, WallTime service_time);

} // namespace darkroom::provider
