// What happened on the network and what the service said, made into the engine's Problem.
#pragma once

#include "runner/net/exchange.hpp"
#include "runner/provider/submit_reader.hpp"

namespace darkroom::provider {

/// Describes a paid request that has not come to an answer. `now` stands in where a reply has no
/// Date.
engine::Problem submit_problem(net::Reply const& reply, SubmitReader const& heard, WallTime now);

/// Describes a look-up that failed; of verdict transient, rate, account or empty. `why` is the
/// reason when the reply itself is a whole 2xx.
engine::Problem look_up_problem(ServiceWire const& wire, net::Reply const& reply, Error const& why,
                                WallTime now);

/// Describes a download that failed. `sink_failed`: it was ours to write.
engine::Problem fetch_problem(net::Reply const& reply, bool sink_failed, WallTime now);

/// Reads the service's clock from the Date header.
std::optional<WallTime> date_of(net::ResponseHead const& head);

} // namespace darkroom::provider
