// The socket at which a run takes orders, and the way to it.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/cli/steering.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <memory>
#include <string>

namespace darkroom::cli {

/// Listens at a socket that only this user can open; the file `control` of the run directory names
/// it. A connection brings one order as a line of JSON, and gets one line with the answer.
class ControlSocket {
public:
    using Obey = std::function<OrderReply(json::Value const& order)>;

    /// The socket lies in $XDG_RUNTIME_DIR, or else in a folder of this user in /tmp: its path must
    /// be short, and a socket in a run directory would be in the way of whoever copies it. Errors:
    /// of the system.
    static Result<std::unique_ptr<ControlSocket>> open(boost::asio::any_io_executor executor,
                                                       Clock& clock, std::string const& directory);
    /// Removes the socket and the file that names it.
    ~ControlSocket();
    ControlSocket(ControlSocket const&) = delete;
    ControlSocket& operator=(ControlSocket const&) = delete;

    /// Begins to take orders; ends when the group is cancelled.
    void serve_in(TaskGroup& group, Obey obey);

private:
    ControlSocket(boost::asio::any_io_executor executor, Clock& clock, std::string directory,
                  std::string path);

    Result<> listen();
    boost::asio::awaitable<void> work();
    boost::asio::awaitable<bool> answer(boost::asio::local::stream_protocol::socket& socket);

    Clock& clock_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::string directory_;
    std::string path_;
    Obey obey_;
};

/// Gives an order to the run at work in a directory. Throws Quit: no_input when none is at work
/// there or it takes no orders, internal when it does not answer in time.
OrderReply give_order(std::string const& directory, json::Value const& order);

} // namespace darkroom::cli
