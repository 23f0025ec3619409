// The front door: which desk a request goes to, and whether it may.
#pragma once

#include "runner/studio/file_desk.hpp"
#include "runner/studio/imagine_desk.hpp"
#include "runner/studio/tasks_desk.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

/// Answers every request of a server.
class Service final : public Handler {
public:
    explicit Service(Premises& premises);

    boost::asio::awaitable<void> handle(Exchange& exchange) override;
    HttpReply refusal(int status, std::string why) override;

    void cancel() { workshop_.cancel(); }
    /// Completes when no task is running any more. Cancel: terminal.
    boost::asio::awaitable<void> join() { return workshop_.join(); }

private:
    boost::asio::awaitable<void> route(Exchange& exchange, std::string trace_id);
    boost::asio::awaitable<void> api(Exchange& exchange, std::string trace_id);
    std::optional<ApiError> refuse_api(HttpRequest const& request) const;
    std::optional<ApiError> refuse_token(HttpRequest const& request) const;
    json::Value stats() const;

    Premises& premises_;
    ImageShop shop_;
    Workshop workshop_;
    InputImages inputs_;
    ImagineDesk imagine_;
    TasksDesk tasks_;
    FileDesk files_;
};

} // namespace darkroom::studio
