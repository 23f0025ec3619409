// GET /files/… and /samples/…: painted when asked for, whole or in part.
#pragma once

#include "runner/studio/http/exchange.hpp"
#include "runner/studio/tasks/render_cache.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

class FileDesk {
public:
    FileDesk(Premises& premises, ImageShop& shop) : premises_(premises), shop_(shop) {}

    /// A file of a task; `name` is the path's last part. Cancel: terminal.
    boost::asio::awaitable<void> file(Exchange& exchange, std::string name, std::string trace_id);
    /// A built-in sample. Cancel: terminal.
    boost::asio::awaitable<void> sample(Exchange& exchange, std::string name, std::string trace_id);

private:
    /// A file that may be sent, and how.
    struct Parcel {
        PaintOrder order;
        TaskPtr task;                ///< Null for a sample.
        std::optional<Fault> damage; ///< What to do to its bytes.
    };
    Checked<Parcel> find(HttpRequest const& request, std::string const& name);
    /// Adds a task's input images to an order; false when one of them is gone.
    bool lay_ground(Material const& material, PaintOrder& order);
    /// The answer that a fault gives instead of the file, if it does.
    std::optional<HttpReply> instead(HttpRequest const& request, Parcel const& parcel);
    boost::asio::awaitable<void> send(Exchange& exchange, Parcel parcel);
    boost::asio::awaitable<ApiError> why_missing(Parcel parcel);
    boost::asio::awaitable<Result<std::uint64_t>> send_bytes(Exchange& exchange, FileBytes bytes,
                                                             PaintOrder order);

    Premises& premises_;
    ImageShop& shop_;
};

} // namespace darkroom::studio
