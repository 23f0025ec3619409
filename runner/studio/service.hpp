// The entry of all requests: checks the token and passes each request to the handler of its path.
#pragma once

#include "runner/studio/file_handler.hpp"
#include "runner/studio/tasks_handler.hpp"
#include "runner/studio/work_handler.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

/// Answers every request of a server.
class Service final : public http::Handler {
public:
    explicit Service(ServerState& state);

    boost::asio::awaitable<void> handle(http::Exchange& exchange) override;
    http::Reply refusal(int status, std::string why) override;

    /// Resumes a task of an earlier process, and its callback when that is still due.
    void resume(ArchivedTask archived);
    /// Errors: Errc::clip_encoder when clips must be MP4 and can't be. Blocks for a moment.
    Result<> check_clips();

    void cancel();
    /// Completes when no task is running and all callbacks are done. Cancel: terminal.
    boost::asio::awaitable<void> join();

private:
    boost::asio::awaitable<void> route(http::Exchange& exchange, std::string trace_id);
    boost::asio::awaitable<void> api(http::Exchange& exchange, std::string trace_id);
    Checked<http::Reply> own(http::Exchange& exchange, std::string const& trace_id);
    Checked<http::Reply> account(http::Exchange& exchange, std::string const& trace_id);
    json::Value stats() const;

    ServerState& state_;
    RenderCache renders_;
    TaskRunner runner_;
    InputImages inputs_;
    WorkHandler work_;
    TasksHandler tasks_;
    FileHandler files_;
};

} // namespace darkroom::studio
