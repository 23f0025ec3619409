// What happened on the network and what the service said, made into the engine's Problem.
#pragma once

#include "runner/net/exchange.hpp"
#include "runner/provider/submit_reader.hpp"

namespace darkroom::provider {

/// The service as the client knows it.
struct ServiceView {
    ServiceWire const& wire;
    std::string url;         ///< As in messages.
    bool has_spoken = false; ///< Something has answered there as only the service does.
};

/// Returns true when a whole answer is in the service's own words.
bool is_own_word(ServiceWire const& wire, net::Reply const& reply);

/// Describes a paid request that has not come to an answer. `now` stands in where a reply has no
/// Date.
engine::Problem submit_problem(ServiceView const& service, net::Reply const& reply,
                               SubmitReader const& heard, WallTime now);

/// Describes a look-up that failed; of verdict transient, rate, account or empty. `why` is the
/// reason when the reply itself is a whole 2xx. Its code is `page_too_large` when the answer is
/// larger than the client reads: fewer tasks at a time may be asked for.
engine::Problem look_up_problem(ServiceView const& service, net::Reply const& reply,
                                Error const& why, WallTime now);

/// Describes a download that failed. `sink_failed`: it was ours to write.
engine::Problem fetch_problem(net::Reply const& reply, bool sink_failed, WallTime now);

/// Reads the service's clock from the Date header.
std::optional<WallTime> date_of(net::ResponseHead const& head);

} // namespace darkroom::provider
