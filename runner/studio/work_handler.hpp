// The requests that make tasks, from the body to the last line of the answer.
#pragma once

#include "runner/studio/callbacks.hpp"
#include "runner/studio/delivery.hpp"
#include "runner/studio/tasks/preparation.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace darkroom::studio {

/// A request as the front door hands it on.
struct Visit {
    TaskKind kind = TaskKind::imagine;
    std::string trace_id;
    std::string payer;
};

/// /midjourney/imagine, edits, videos, describe, translate, shorten and seed.
class WorkDesk {
public:
    WorkDesk(Premises& premises, Workshop& workshop, InputImages& inputs, ImageShop& shop)
        : premises_(premises), workshop_(workshop), callbacks_(premises, inputs.tls()),
          preparation_(premises, workshop, inputs, shop), delivery_(premises) {}

    /// Answers one request. Cancel: terminal; the task, once accepted, goes on.
    boost::asio::awaitable<void> handle(Exchange& exchange, Visit visit);

    Callbacks& callbacks() { return callbacks_; }

private:
    Checked<Submission> read(Exchange& exchange, Visit const& visit);
    boost::asio::awaitable<void> serve(Exchange& exchange, Submission submission);
    std::optional<ApiError> refuse(Task const& task);

    Premises& premises_;
    Workshop& workshop_;
    Callbacks callbacks_;
    Preparation preparation_;
    Delivery delivery_;
};

} // namespace darkroom::studio
