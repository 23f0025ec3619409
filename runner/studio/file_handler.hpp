// GET /files/… and /samples/…: painted when asked for, whole or in part.
#pragma once

#include "runner/http/exchange.hpp"
#include "runner/studio/tasks/render_cache.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

class FileHandler {
public:
    FileHandler(ServerState& state, RenderCache& renders) : state_(state), renders_(renders) {}

    /// Sends a file of a task; `name` is the path's last part. Cancel: terminal.
    boost::asio::awaitable<void> file(http::Exchange& exchange, std::string name,
                                      std::string trace_id);
    /// Sends a built-in sample. Cancel: terminal.
    boost::asio::awaitable<void> sample(http::Exchange& exchange, std::string name,
                                        std::string trace_id);

private:
    /// A file that may be sent, and its damage.
    struct Payload {
        RenderRequest wanted;
        TaskPtr task;                ///< Null for a sample.
        std::optional<Fault> damage; ///< A fault that strikes its bytes.
    };
    Checked<Payload> find(http::Request const& request, std::string const& name);
    /// Adds a task's input images to a request; false when one of them is gone.
    bool load_background(Material const& material, RenderRequest& wanted);
    /// Returns the answer that a fault gives instead of the file, if it does.
    std::optional<http::Reply> fault_reply(http::Request const& request, Payload const& payload);
    boost::asio::awaitable<void> send(http::Exchange& exchange, Payload payload);
    boost::asio::awaitable<ApiError> why_missing(Payload payload);
    boost::asio::awaitable<Result<std::uint64_t>> send_bytes(http::Exchange& exchange,
                                                             FileBytes bytes, RenderRequest wanted);

    ServerState& state_;
    RenderCache& renders_;
};

} // namespace darkroom::studio
