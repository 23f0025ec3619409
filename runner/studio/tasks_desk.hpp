// POST /midjourney/tasks: what became of earlier requests. Free.
#pragma once

#include "runner/studio/http.hpp"
#include "runner/studio/premises.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

class TasksDesk {
public:
    explicit TasksDesk(Premises& premises) : premises_(premises) {}

    /// Answers one request. Cancel: terminal.
    boost::asio::awaitable<void> handle(Exchange& exchange, std::string trace_id);
    /// The answer's body for a request's body.
    Checked<json::Value> look_up(json::Value const& body) const;

private:
    json::Value one(json::Value const& body) const;
    Checked<json::Value> many(json::Value const& body) const;
    TaskPtr find(json::Value const& body) const;

    Premises& premises_;
};

} // namespace darkroom::studio
