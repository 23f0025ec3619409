// One connection of HTTP/2: many requests at a time, each passed to the Handler as its own
// Exchange.
#pragma once

#include "runner/http/session_setup.hpp"
#include "runner/http/stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::http {

/// Serves `stream`, whose first bytes were read already, as serve_connection() does. The requests
/// are tasks of the setup's group.
boost::asio::awaitable<void> serve_http2(Stream stream, SessionSetup setup, std::string first);

} // namespace darkroom::http
