// The requests that make tasks, from the body to the last line of the answer.
#pragma once

#include "runner/studio/callbacks.hpp"
#include "runner/studio/delivery.hpp"
#include "runner/studio/tasks/preparation.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace darkroom::studio {

/// A request as Service passes it on.
struct RequestContext {
    TaskKind kind = TaskKind::imagine;
    std::string trace_id;
    std::string payer;
};

/// Answers /midjourney/imagine, edits, videos, describe, translate, shorten and seed.
class WorkHandler {
public:
    WorkHandler(ServerState& state, TaskRunner& runner, InputImages& inputs, RenderCache& renders)
        : state_(state), runner_(runner), callbacks_(state, inputs.tls()),
          preparation_(state, runner, inputs, renders), delivery_(state) {}

    /// Answers one request. Cancel: terminal; the task, once accepted, goes on.
    boost::asio::awaitable<void> handle(http::Exchange& exchange, RequestContext context);

    Callbacks& callbacks() { return callbacks_; }

private:
    Checked<Submission> read(http::Exchange& exchange, RequestContext const& context);
    boost::asio::awaitable<void> serve(http::Exchange& exchange, Submission submission);
    std::optional<ApiError> refuse(Task const& task);

    ServerState& state_;
    TaskRunner& runner_;
    Callbacks callbacks_;
    Preparation preparation_;
    Delivery delivery_;
};

} // namespace darkroom::studio
