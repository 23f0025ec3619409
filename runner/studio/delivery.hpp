// Delivery of a task's outcome to the client that requested it.
#pragma once

#include "runner/http/exchange.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

namespace darkroom::studio {

/// True when the client accepts application/x-ndjson.
bool wants_stream(http::Request const& request);

struct DeliveryOptions {
    bool at_once = false; ///< The client gets only the task's id, immediately.
    Time deadline;        ///< Deadline of the whole answer.
};

/// Answers requests whose task was started: with an acknowledgement, a stream or the outcome.
class Delivery {
public:
    explicit Delivery(ServerState& state) : state_(state) {}

    /// Completes when the client has it, or is gone. Cancel: terminal; the task goes on.
    boost::asio::awaitable<void> answer(http::Exchange& exchange, TaskPtr task,
                                        DeliveryOptions options);

private:
    boost::asio::awaitable<void> acknowledge(http::Exchange& exchange, TaskPtr task);
    boost::asio::awaitable<void> stream(http::Exchange& exchange, TaskPtr task, Time deadline);
    boost::asio::awaitable<Result<>> send_lines(http::Exchange& exchange, TaskPtr task,
                                                Time deadline);
    boost::asio::awaitable<void> answer_at_end(http::Exchange& exchange, TaskPtr task,
                                               Time deadline);
    boost::asio::awaitable<void> give(http::Exchange& exchange, TaskPtr task, http::Reply reply);
    void note_answer(Task const& task);

    ServerState& state_;
};

} // namespace darkroom::studio
