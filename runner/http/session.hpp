// One connection: reads its requests, passes each to the Handler, enforces the limits.
#pragma once

#include "runner/http/session_setup.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace darkroom::http {

/// Serves `socket` until one side ends the connection.
/// Completes: when the connection is closed; a broken or misbehaving peer is no error.
/// Errors: those that the handler throws. Cancel: terminal only; the connection is closed.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket,
                                              SessionSetup setup);

} // namespace darkroom::http
