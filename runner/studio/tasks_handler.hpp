// POST /midjourney/tasks: records of earlier requests. Free of charge.
#pragma once

#include "runner/http/exchange.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

/// The client of a request, and the name of the request.
struct Requester {
    std::string payer;
    std::string trace_id;
};

class TasksHandler {
public:
    explicit TasksHandler(ServerState& state) : state_(state) {}

    /// Answers one request; it finds the payer's own tasks only. Cancel: terminal.
    boost::asio::awaitable<void> handle(http::Exchange& exchange, Requester requester);
    /// Returns the answer's body for a request's body.
    Checked<json::Value> look_up(json::Value const& body, std::string const& payer,
                                 ListingFault const& fault = {}) const;

private:
    Checked<json::Value> many(json::Value const& body, std::string const& payer) const;
    Checked<json::Value> list(json::Value const& asked, std::string const& payer,
                              ListingFault const& fault) const;
    TaskPtr find(json::Value const& body) const;
    bool is_hidden(Task const& task) const;
    json::Value view_of(TaskPage const& page, FaultTarget shown_as) const;
    json::Value record_of(Task const& task, FaultTarget shown_as) const;

    ServerState& state_;
};

} // namespace darkroom::studio
